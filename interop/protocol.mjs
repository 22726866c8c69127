// One request as JSON on standard input, one answer as JSON on standard output.
// An implementation's own "no" is an answer too; only a broken request exits 1.

import {readFileSync} from 'node:fs';

export async function serve(commands) {
  const command = commands[process.argv[2]];
  if(command === undefined) {
    process.stderr.write(`commands: ${Object.keys(commands).join(', ')}\n`);
    process.exit(1);
  }
  const request = JSON.parse(readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(await command(request)));
}

export async function verdict(check) {
  try {
    return {verified: true, ...await check()};
  } catch(error) {
    return {verified: false, error: String(error?.message ?? error)};
  }
}
