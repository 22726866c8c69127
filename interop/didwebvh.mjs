// npm didwebvh-ts: logs of did:webvh, written and read.

import {createPrivateKey, createPublicKey, sign, verify} from 'node:crypto';
import {
  createDID, createWitnessProof, deactivateDID, generateParallelDidWeb,
  multibaseEncode, prepareDataForSigning, resolveDIDFromLog, updateDID
} from 'didwebvh-ts';
import {serve, verdict} from './protocol.mjs';

// A key as the library takes it: it asks for a signature, and for the key's name.
class Key {
  constructor({jwk, multikey}) {
    this.key = createPrivateKey({key: jwk, format: 'jwk'});
    this.id = `did:key:${multikey}#${multikey}`;
  }

  getVerificationMethodId() {
    return this.id;
  }

  async sign({document, proof}) {
    const data = await prepareDataForSigning(document, proof);
    return {proofValue: multibaseEncode(sign(null, data, this.key), 'z')};
  }
}

const verifier = {
  async verify(signature, message, publicKey) {
    const x = Buffer.from(publicKey).toString('base64url');
    const key = createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x}, format: 'jwk'});
    return verify(null, message, key, signature);
  }
};

function lines(log) {
  return log.map(entry => JSON.stringify(entry) + '\n').join('');
}

function read(log) {
  return log.trim().split('\n').map(line => JSON.parse(line));
}

async function written(result) {
  const {did, doc, log, webDoc} = await result;
  return {did, doc, webDoc, log: lines(log)};
}

await serve({
  create({key, ...options}) {
    return written(createDID({...options, signer: new Key(key), verifier}));
  },
  update({key, log, ...options}) {
    return written(
      updateDID({...options, log: read(log), signer: new Key(key), verifier}));
  },
  deactivate({key, log, ...options}) {
    return written(
      deactivateDID({...options, log: read(log), signer: new Key(key), verifier}));
  },
  async witness({key, versionId, created}) {
    const witness = new Key(key);
    const signed = async (document, proof) =>
      ({proof: await witness.sign({document, proof})});
    return createWitnessProof(signed, versionId, witness.id, created);
  },
  parallel({did, document}) {
    return generateParallelDidWeb(did, document);
  },
  resolve({log, witnessProofs, ...options}) {
    return verdict(async () => {
      const {did, doc, meta} = await resolveDIDFromLog(
        read(log), {...options, witnessProofs, verifier});
      if(meta.error) {
        throw new Error(JSON.stringify(meta.problemDetails ?? meta.error));
      }
      return {did, doc, meta};
    });
  }
});
