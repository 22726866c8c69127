// @digitalbazaar/vc with its cryptosuites: what is timed, prepared.

import * as bbs from '@digitalbazaar/bbs-2023-cryptosuite';
import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as ecdsa from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as eddsa from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as jcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as sd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import jsigs from 'jsonld-signatures';
import {loader} from '../digitalbazaar.mjs';

const {purposes: {AuthenticationProofPurpose}} = jsigs;
const SUITES = {
  'bbs-2023': bbs,
  'ecdsa-rdfc-2019': {createVerifyCryptosuite: () => ecdsa.cryptosuite},
  'ecdsa-sd-2023': sd,
  'eddsa-jcs-2022': jcs,
  'eddsa-rdfc-2022': {createVerifyCryptosuite: () => eddsa.cryptosuite}
};
const checkStatus = async () => ({verified: true});

function verifying({suite}) {
  const cryptosuite = SUITES[suite].createVerifyCryptosuite();
  return new DataIntegrityProof({cryptosuite});
}

function require(result) {
  if(!result.verified) {
    const found = result.error?.errors?.[0] ?? result.error;
    throw new Error(String(found?.message ?? JSON.stringify(result)));
  }
}

export const prepare = {
  credential(work) {
    const {document: credential, now} = work;
    const documentLoader = loader(work);
    return async () => require(await vc.verifyCredential({
      credential, suite: verifying(work), documentLoader, checkStatus, now
    }));
  },
  presentation(work) {
    const {challenge, document: presentation, domain, now} = work;
    const documentLoader = loader(work);
    return async () => require(await vc.verify({
      presentation, suite: verifying(work), documentLoader, checkStatus, now,
      challenge, domain,
      presentationPurpose: new AuthenticationProofPurpose({challenge, domain})
    }));
  },
  async issue(work) {
    const {document: credential, key, mandatory: mandatoryPointers, now, suite} = work;
    const multikey = suite === 'bbs-2023' ? Bls12381Multikey : EcdsaMultikey;
    const signer = (await multikey.from(key)).signer();
    const {createSignCryptosuite} = SUITES[suite];
    const documentLoader = loader(work);
    return async () => vc.issue({
      credential: structuredClone(credential),
      suite: new DataIntegrityProof({
        signer, date: now, cryptosuite: createSignCryptosuite({mandatoryPointers})
      }),
      documentLoader,
      now
    });
  },
  derive(work) {
    const {disclose: selectivePointers, document: verifiableCredential, suite} = work;
    const {createDiscloseCryptosuite} = SUITES[suite];
    const documentLoader = loader(work);
    return async () => vc.derive({
      verifiableCredential,
      suite: new DataIntegrityProof({
        cryptosuite: createDiscloseCryptosuite({selectivePointers})
      }),
      documentLoader
    });
  }
};
