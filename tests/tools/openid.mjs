// An OpenID provider: `node openid.mjs REDIRECT`. Everybody signs in with any password; groups and whether an address is
// verified come from the name. The first line is its port.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const people = {
  mia: { name: 'Mia Berg', email: 'mia@larkfield.example', email_verified: true, groups: ['dunes-managers'] },
  ana: { name: 'Ana Sol', email: 'ana@larkfield.example', email_verified: true, groups: ['quality', 'tennis'] },
  eve: { name: 'Eve', email: 'greta@larkfield.example', email_verified: false, groups: ['quality'] },
  tom: { name: 'Tom', email: 'tom@larkfield.example', email_verified: true, groups: ['tennis'] },
};
const server = createServer((request, response) => handler(request, response));
let handler;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      {
        client_id: 'soundings',
        client_secret: 'a-secret-of-forty-characters-for-a-client',
        redirect_uris: [process.argv[2]],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    cookies: { keys: ['a key for tests'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  handler = provider.callback();
  console.log(port);
});
process.stdin.on('end', () => process.exit()).resume();
