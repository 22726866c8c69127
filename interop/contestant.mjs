// A peer in node as a contestant. The first line in is the work, `{what, ...}`; the
// answer is `{"ready": true}` once it was done right, or `{"absent": reason}`. After
// that, a line `{"calls": n}` in, `{"microseconds": n}` of CPU time out.

import {createInterface} from 'node:readline';

const HOMES = {
  'credential': './contestants/data-integrity.mjs',
  'presentation': './contestants/data-integrity.mjs',
  'issue': './contestants/data-integrity.mjs',
  'derive': './contestants/data-integrity.mjs',
  'jws': './contestants/jose.mjs',
  'sd-jwt-issue': './contestants/sd-jwt.mjs',
  'sd-jwt-present': './contestants/sd-jwt.mjs',
  'sd-jwt-verify': './contestants/sd-jwt.mjs'
};

const lines = createInterface({input: process.stdin})[Symbol.asyncIterator]();
const work = JSON.parse((await lines.next()).value);
const say = answer => process.stdout.write(JSON.stringify(answer) + '\n');

async function prepare() {
  const {prepare} = await import(HOMES[work.what]);
  const once = await prepare[work.what](work);
  await once();
  return once;
}

const once = await prepare().catch(error => {
  say({absent: String(error?.message ?? error).split('\n')[0]});
  process.exit(0);
});
say({ready: true});
for await (const line of lines) {
  const {calls} = JSON.parse(line);
  const before = process.cpuUsage();
  for(let i = 0; i < calls; ++i) {
    await once();
  }
  const {user, system} = process.cpuUsage(before);
  say({microseconds: user + system});
}
