// @sd-jwt/sd-jwt-vc: issuing, presenting with a key binding, verifying; ES256.

import {digest, ES256, generateSalt} from '@sd-jwt/crypto-nodejs';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const common = {hashAlg: 'sha-256', hasher: digest, saltGenerator: generateSalt};

export const prepare = {
  async 'sd-jwt-issue'({payload, disclosable, header, jwk}) {
    const instance = new SDJwtVcInstance({
      ...common, signAlg: 'ES256', signer: await ES256.getSigner(jwk)
    });
    return async () => instance.issue(payload, {_sd: disclosable}, {header});
  },
  async 'sd-jwt-present'({token, disclose, holder, keyBinding}) {
    const instance = new SDJwtVcInstance({
      ...common, kbSignAlg: 'ES256', kbSigner: await ES256.getSigner(holder)
    });
    return async () => instance.present(token, disclose, {kb: {payload: keyBinding}});
  },
  async 'sd-jwt-verify'({token, jwk, nonce, now}) {
    const instance = new SDJwtVcInstance({
      ...common,
      verifier: await ES256.getVerifier(jwk),
      kbVerifier: async (data, signature, payload) =>
        (await ES256.getVerifier(payload.cnf.jwk))(data, signature)
    });
    return async () => instance.verify(
      token, {keyBindingNonce: nonce, currentDate: now});
  }
};
