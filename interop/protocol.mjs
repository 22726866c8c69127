// A line in, `{command, request}` as JSON; a line out, `{answer}` or `{failed}`.
// An implementation's own "no" is an answer too; only a broken request fails.

import {createInterface} from 'node:readline';

export async function serve(commands) {
  for await (const line of createInterface({input: process.stdin})) {
    process.stdout.write(JSON.stringify(await answer(commands, line)) + '\n');
  }
}

async function answer(commands, line) {
  try {
    const {command, request} = JSON.parse(line);
    return {answer: await commands[command](request)};
  } catch(error) {
    return {failed: String(error?.stack ?? error)};
  }
}

export async function verdict(check) {
  try {
    return {verified: true, ...await check()};
  } catch(error) {
    return {verified: false, error: String(error?.message ?? error)};
  }
}
