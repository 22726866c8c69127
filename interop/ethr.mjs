// npm ethr-did-resolver: a did:ethr in, the DID resolution result out.

import {Resolver} from 'did-resolver';
import {getResolver} from 'ethr-did-resolver';
import {serve} from './protocol.mjs';

await serve({
  async resolve({did, rpcUrl, chainId, registry}) {
    const networks = [{chainId, registry, rpcUrl}];
    return new Resolver(getResolver({networks})).resolve(did);
  }
});
