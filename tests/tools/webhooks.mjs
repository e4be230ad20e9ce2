// Receives webhooks and judges them with the Standard Webhooks reference library; prints what came, one JSON object a
// line, the first line is the port. Secrets are read from standard input, one a line: a message is good if one fits.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Webhook } from 'standardwebhooks';

const secrets = [];
createInterface({ input: process.stdin }).on('line', (line) => {
  secrets.push(line.trim());
  console.log(JSON.stringify({ secrets: secrets.length }));
}).on('close', () => process.exit());

const tries = new Map();
const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString();
    const fits = secrets.filter((secret) => {
      try {
        new Webhook(secret).verify(body, request.headers);
        return true;
      } catch {
        return false;
      }
    });
    const id = request.headers['webhook-id'];
    const count = (tries.get(id) ?? 0) + 1;
    tries.set(id, count);
    const [status, headers] = {
      '/taken': [204, {}],
      '/third': [count < 3 ? 503 : 200, {}],
      '/never': [500, {}],
      '/gone': [410, {}],
      '/elsewhere': [302, { location: '/taken' }],
      '/later': [count < 2 ? 429 : 200, { 'retry-after': '4' }],
    }[request.url] ?? [404, {}];
    response.writeHead(status, headers).end();
    console.log(JSON.stringify({ path: request.url, id, try: count, fits: fits.length, at: Date.now(), body: JSON.parse(body) }));
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
