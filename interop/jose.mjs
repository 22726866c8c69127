// npm jose: JWTs, signed and verified.

import {CompactSign, compactVerify, importJWK} from 'jose';
import {serve, verdict} from './protocol.mjs';

await serve({
  async sign({payload, header, jwk}) {
    const key = await importJWK(jwk, header.alg);
    const bytes = new TextEncoder().encode(JSON.stringify(payload));
    return {token: await new CompactSign(bytes).setProtectedHeader(header).sign(key)};
  },
  async verify({token, jwk, algorithms}) {
    return verdict(async () => {
      const key = await importJWK(jwk, algorithms[0]);
      const {payload, protectedHeader} = await compactVerify(token, key, {algorithms});
      return {
        header: protectedHeader,
        payload: JSON.parse(new TextDecoder().decode(payload))
      };
    });
  }
});
