// @auth0/cose: COSE_Sign1, signed and verified. Bytes travel in base64.

import {createPrivateKey, createPublicKey} from 'node:crypto';
import {Sign1} from '@auth0/cose';
import {serve, verdict} from './protocol.mjs';

const bytes = text => new Uint8Array(Buffer.from(text, 'base64'));

await serve({
  async sign({payload, alg, kid, typ, jwk}) {
    const headers = new Map([[1, alg], [4, Buffer.from(kid)], [16, typ]]);
    const body = new TextEncoder().encode(JSON.stringify(payload));
    const key = createPrivateKey({key: jwk, format: 'jwk'});
    const message = await Sign1.sign(headers, undefined, body, key);
    return {message: Buffer.from(message.encode()).toString('base64')};
  },
  async verify({message, jwk}) {
    return verdict(async () => {
      const sign1 = Sign1.decode(bytes(message));
      await sign1.verify(createPublicKey({key: jwk, format: 'jwk'}));
      return {
        kid: Buffer.from(sign1.protectedHeaders.get(4)).toString(),
        typ: sign1.protectedHeaders.get(16),
        payload: JSON.parse(new TextDecoder().decode(sign1.payload))
      };
    });
  }
});
