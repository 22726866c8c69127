// @digitalbazaar/vc with its two Ed25519 cryptosuites, signing and verifying.
//
// Contexts and DID documents come from the request; did:key is unfolded here and
// nothing is fetched. The peer leaves status lists to another of its packages, so
// every status is let pass: it is medid's answer that counts there.

import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as jcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as rdfc from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {contexts as dataIntegrityContexts} from '@digitalbazaar/data-integrity-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import jsigs from 'jsonld-signatures';
import {readFileSync} from 'node:fs';
import {serve} from './protocol.mjs';

const {purposes: {AuthenticationProofPurpose}} = jsigs;

const SIGNING = {
  'eddsa-jcs-2022': () => jcs.createSignCryptosuite(),
  'eddsa-rdfc-2022': () => rdfc.cryptosuite
};
const VERIFYING = {
  'eddsa-jcs-2022': () => jcs.createVerifyCryptosuite(),
  'eddsa-rdfc-2022': () => rdfc.cryptosuite
};
const checkStatus = async () => ({verified: true});

export function loader({contexts = {}, documents = {}}) {
  const known = new Map(Object.entries(documents));
  for(const [url, file] of Object.entries(contexts)) {
    known.set(url, JSON.parse(readFileSync(file, 'utf8')));
  }
  for(const [url, context] of dataIntegrityContexts) {
    known.set(url, context);
  }
  return async url => {
    const document = known.get(url) ?? fragment(known, url) ?? didKey(url);
    return document === undefined ?
      vc.defaultDocumentLoader(url) :
      {contextUrl: null, documentUrl: url, document};
  };
}

function didKey(url) {
  const [did, name] = url.split('#');
  if(!did.startsWith('did:key:')) {
    return undefined;
  }
  const publicKeyMultibase = did.slice('did:key:'.length);
  const id = `${did}#${publicKeyMultibase}`;
  const method = {id, type: 'Multikey', controller: did, publicKeyMultibase};
  if(name !== undefined) {
    return {'@context': 'https://w3id.org/security/multikey/v1', ...method};
  }
  return {
    '@context': [
      'https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'
    ],
    id: did,
    verificationMethod: [method],
    authentication: [id],
    assertionMethod: [id]
  };
}

// The verification method that a DID document of the request lists under this URL.
function fragment(known, url) {
  const [did, name] = url.split('#');
  const methods = name && known.get(did)?.verificationMethod;
  const method = methods && methods.find(({id}) => id === url || id === `#${name}`);
  return method && {
    '@context': 'https://w3id.org/security/multikey/v1', ...method, id: url
  };
}

async function signing({suite, key, date}) {
  const pair = await Ed25519Multikey.from(key);
  return new DataIntegrityProof({
    signer: pair.signer(), date, cryptosuite: SIGNING[suite]()
  });
}

function verifying({suite}) {
  return new DataIntegrityProof({cryptosuite: VERIFYING[suite]()});
}

export function report(result) {
  const errors = [result.error, result.presentationResult?.error]
    .concat((result.credentialResults ?? []).map(({error}) => error))
    .flatMap(error => error?.errors ?? error ?? [])
    .map(error => String(error.message));
  return {verified: result.verified, errors};
}

if(import.meta.url === `file://${process.argv[1]}`) {
  await serve({
    // The key pair of a 32-byte seed in hex, as a Multikey.
    async key({seed, controller}) {
      const pair = await Ed25519Multikey.generate({seed: Buffer.from(seed, 'hex')});
      const {publicKeyMultibase} = await pair.export({publicKey: true});
      const owner = controller ?? `did:key:${publicKeyMultibase}`;
      pair.controller = owner;
      pair.id = `${owner}#${publicKeyMultibase}`;
      return pair.export({publicKey: true, secretKey: true, includeContext: true});
    },
    async issue(request) {
      return vc.issue({
        credential: request.credential,
        suite: await signing(request),
        documentLoader: loader(request),
        now: request.now
      });
    },
    async present(request) {
      const presentation = vc.createPresentation({
        verifiableCredential: request.credentials,
        holder: request.holder,
        now: request.now
      });
      return vc.signPresentation({
        presentation,
        suite: await signing(request),
        challenge: request.challenge,
        domain: request.domain,
        documentLoader: loader(request)
      });
    },
    async verifyCredential(request) {
      return report(await vc.verifyCredential({
        credential: request.credential,
        suite: verifying(request),
        documentLoader: loader(request),
        checkStatus,
        now: request.now
      }));
    },
    async verifyPresentation(request) {
      const {challenge, domain} = request;
      return report(await vc.verify({
        presentation: request.presentation,
        suite: verifying(request),
        presentationPurpose: new AuthenticationProofPurpose({challenge, domain}),
        challenge,
        domain,
        documentLoader: loader(request),
        checkStatus,
        now: request.now
      }));
    }
  });
}
