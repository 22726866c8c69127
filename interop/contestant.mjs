// @digitalbazaar/vc as a contestant: a line `{"calls": n}` in, CPU microseconds out.
// The first line is the work: {what, suite, document, contexts, challenge, domain}.

import * as rdfc from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {createInterface} from 'node:readline';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import jsigs from 'jsonld-signatures';
import {loader} from './digitalbazaar.mjs';

const {purposes: {AuthenticationProofPurpose}} = jsigs;
const lines = createInterface({input: process.stdin})[Symbol.asyncIterator]();
const work = JSON.parse((await lines.next()).value);
const {challenge, domain, document, now} = work;
const documentLoader = loader(work);
const checkStatus = async () => ({verified: true});

async function once() {
  const suite = new DataIntegrityProof({cryptosuite: rdfc.cryptosuite});
  const result = work.what === 'credential' ?
    await vc.verifyCredential(
      {credential: document, suite, documentLoader, checkStatus, now}) :
    await vc.verify({
      presentation: document, suite, documentLoader, checkStatus, now, challenge, domain,
      presentationPurpose: new AuthenticationProofPurpose({challenge, domain})
    });
  if(!result.verified) {
    throw new Error(JSON.stringify(result.error?.errors ?? result, null, 1));
  }
}

for await (const line of lines) {
  const {calls} = JSON.parse(line);
  const before = process.cpuUsage();
  for(let i = 0; i < calls; ++i) {
    await once();
  }
  const {user, system} = process.cpuUsage(before);
  process.stdout.write(JSON.stringify({microseconds: user + system}) + '\n');
}
