// @digitalbazaar/vc with its cryptosuites of ECDSA and BBS: a list of orders in, the
// list of their answers out. What it refuses is an answer, too.

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

const ORDERS = {
  async issue(order) {
    const {createSignCryptosuite} = SUITES[order.suite];
    return {credential: await vc.issue({
      credential: order.credential,
      suite: new DataIntegrityProof({
        signer: await signer(order),
        date: order.now,
        cryptosuite: createSignCryptosuite({mandatoryPointers: order.mandatory})
      }),
      documentLoader: loader(order),
      now: order.now
    })};
  },
  async derive(order) {
    const {createDiscloseCryptosuite} = SUITES[order.suite];
    return {credential: await vc.derive({
      verifiableCredential: order.credential,
      suite: new DataIntegrityProof({cryptosuite: createDiscloseCryptosuite({
        selectivePointers: order.disclose,
        presentationHeader: bytes(order.nonce)
      })}),
      documentLoader: loader(order)
    })};
  },
  async verify(order) {
    const {createVerifyCryptosuite} = SUITES[order.suite];
    return report(await vc.verifyCredential({
      credential: order.credential,
      suite: new DataIntegrityProof({cryptosuite: createVerifyCryptosuite({
        expectedPresentationHeader: bytes(order.nonce)
      })}),
      documentLoader: loader(order),
      checkStatus: async () => ({verified: true}),
      now: order.now
    }));
  }
};

await serve({
  async all({orders}) {
    return Promise.all(
      orders.map(order => verdict(() => ORDERS[order.what](order))));
  }
});
