// jsonld.js as an oracle: documents come in as JSON lines, canonical N-Quads go out.
//
// The first line holds the contexts that documents may name, by URL, and the base. Each
// further line is a document, and is answered by a line {"nquads"} or {"error"}.

import {createInterface} from 'node:readline';
import jsonld from 'jsonld';

const lines = createInterface({input: process.stdin, crlfDelay: Infinity});
let settings;

async function documentLoader(url) {
  const document = settings.contexts[url];
  if(document === undefined) {
    throw new Error(`unknown context ${url}`);
  }
  // A copy, because jsonld.js merges what imports a context into it.
  return {contextUrl: null, documentUrl: url, document: structuredClone(document)};
}

async function answer(document) {
  try {
    const nquads = await jsonld.canonize(document, {
      base: settings.base,
      documentLoader,
      canonizeOptions: {algorithm: 'RDFC-1.0', maxDeepIterations: 10_000},
      rdfDirection: 'i18n-datatype',
      safe: false
    });
    return {nquads};
  } catch(error) {
    return {error: String(error?.details?.code ?? error?.message ?? error)};
  }
}

for await (const line of lines) {
  const value = JSON.parse(line);
  if(settings === undefined) {
    settings = value;
  } else {
    process.stdout.write(JSON.stringify(await answer(value)) + '\n');
  }
}
