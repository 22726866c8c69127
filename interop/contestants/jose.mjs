// npm jose: a JWT's signature and times, verified with a key at hand.

import {importJWK, jwtVerify} from 'jose';

export const prepare = {
  async jws({token, jwk, alg}) {
    const key = await importJWK(jwk, alg);
    return async () => jwtVerify(token, key, {algorithms: [alg]});
  }
};
