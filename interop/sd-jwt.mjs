// @sd-jwt/sd-jwt-vc: issued, presented with a key binding, and verified; ES256.

import {digest, ES256, generateSalt} from '@sd-jwt/crypto-nodejs';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import {serve, verdict} from './protocol.mjs';

const common = {
  hashAlg: 'sha-256', hasher: digest, saltGenerator: generateSalt
};

await serve({
  async issue({payload, disclosable, jwk, header}) {
    const instance = new SDJwtVcInstance({
      ...common, signAlg: 'ES256', signer: await ES256.getSigner(jwk)
    });
    return {token: await instance.issue(payload, {_sd: disclosable}, {header})};
  },
  async present({token, disclose, holder, keyBinding}) {
    const instance = new SDJwtVcInstance({
      ...common, kbSignAlg: 'ES256', kbSigner: await ES256.getSigner(holder)
    });
    return {token: await instance.present(token, disclose, {kb: {payload: keyBinding}})};
  },
  async verify({token, jwk, nonce, now}) {
    return verdict(async () => {
      const instance = new SDJwtVcInstance({
        ...common,
        verifier: await ES256.getVerifier(jwk),
        kbVerifier: async (data, signature, payload) =>
          (await ES256.getVerifier(payload.cnf.jwk))(data, signature)
      });
      const {payload, kb} = await instance.verify(
        token, {keyBindingNonce: nonce, currentDate: now});
      return {payload, keyBinding: kb?.payload};
    });
  }
});
