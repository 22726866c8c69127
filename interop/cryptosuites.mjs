// @digitalbazaar/vc with its cryptosuites of ECDSA and BBS: issuing, deriving and
// verifying. The key is a Multikey of the kind that the suite asks for.

import * as bbs from '@digitalbazaar/bbs-2023-cryptosuite';
import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as jcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as rdfc from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as sd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {loader, report} from './digitalbazaar.mjs';
import {serve, verdict} from './protocol.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';

const SUITES = {
  'bbs-2023': bbs,
  'ecdsa-jcs-2019': jcs,
  'ecdsa-rdfc-2019': {
    createSignCryptosuite: () => rdfc.cryptosuite,
    createVerifyCryptosuite: () => rdfc.cryptosuite
  },
  'ecdsa-sd-2023': sd
};

const bytes = text => text === undefined ? undefined : new TextEncoder().encode(text);

async function signer({suite, key}) {
  const multikey = suite === 'bbs-2023' ? Bls12381Multikey : EcdsaMultikey;
  return (await multikey.from(key)).signer();
}

await serve({
  async issue(request) {
    const {createSignCryptosuite} = SUITES[request.suite];
    return {credential: await vc.issue({
      credential: request.credential,
      suite: new DataIntegrityProof({
        signer: await signer(request),
        date: request.now,
        cryptosuite: createSignCryptosuite({mandatoryPointers: request.mandatory})
      }),
      documentLoader: loader(request),
      now: request.now
    })};
  },
  async derive(request) {
    const {createDiscloseCryptosuite} = SUITES[request.suite];
    return verdict(async () => ({credential: await vc.derive({
      verifiableCredential: request.credential,
      suite: new DataIntegrityProof({cryptosuite: createDiscloseCryptosuite({
        selectivePointers: request.disclose,
        presentationHeader: bytes(request.nonce)
      })}),
      documentLoader: loader(request)
    })}));
  },
  async verify(request) {
    const {createVerifyCryptosuite} = SUITES[request.suite];
    return report(await vc.verifyCredential({
      credential: request.credential,
      suite: new DataIntegrityProof({cryptosuite: createVerifyCryptosuite({
        expectedPresentationHeader: bytes(request.nonce)
      })}),
      documentLoader: loader(request),
      checkStatus: async () => ({verified: true}),
      now: request.now
    }));
  }
});
