// Takes POSTs on 127.0.0.1 and prints each as a line of JSON. Arguments: a TLS key and certificate or two empty strings, the port (0: any),
// then how to answer in turn: a status, `silence`, `hangup` or `endless`; at the end 204.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const [key, cert, port, ...answers] = process.argv.slice(2);
const take = (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    process.stdout.write(`${JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') })}\n`);
    const answer = answers.shift() ?? '204';
    if (answer === 'hangup') return request.socket.destroy();
    if (answer === 'silence') return;
    if (answer !== 'endless') return response.writeHead(Number(answer), { location: '/elsewhere', 'retry-after': '1' }).end();
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
    response.once('close', () => clearInterval(timer));
  });
};
const server = key ? createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, take) : createServer(take);
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
