// A mail server on 127.0.0.1 that prints each message as a line of JSON. Arguments: a TLS key and certificate or two empty strings, the
// port (0: any), then words: `implicit` TLS, `login` asks for user and password, `full` has no room (452), `closed` refuses for good (554).
import { readFileSync } from 'node:fs';
import { SMTPServer } from 'smtp-server';

const [key, cert, port, ...words] = process.argv.slice(2);
const is = (word) => words.includes(word);
const refuse = (code, message) => Object.assign(new Error(message), { responseCode: code });
const server = new SMTPServer({
  ...(key ? { key: readFileSync(key), cert: readFileSync(cert) } : {}),
  secure: is('implicit'),
  hideSTARTTLS: !key,
  authOptional: !is('login'),
  allowInsecureAuth: true,
  logger: false,
  onAuth: ({ username, password }, _session, callback) =>
    password === 'right horse' ? callback(null, { user: username }) : callback(refuse(535, 'wrong password')),
  onMailFrom: (_address, _session, callback) =>
    callback(is('full') ? refuse(452, 'no room now') : is('closed') ? refuse(554, 'no mail for us') : null),
  onRcptTo: ({ address }, _session, callback) => callback(address.startsWith('gone@') ? refuse(550, 'nobody here') : null),
  onData(stream, session, callback) {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const { envelope, secure, user } = session;
      const from = envelope.mailFrom.address;
      const to = envelope.rcptTo.map(({ address }) => address);
      const raw = Buffer.concat(chunks).toString('utf8');
      process.stdout.write(`${JSON.stringify({ from, to, secure, user: user ?? null, raw })}\n`);
      callback();
    });
  },
});
server.on('error', () => undefined);
server.listen(Number(port), '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ port: server.server.address().port })}\n`),
);
