import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | null;
  /** Headers and body as they came. */
  readonly raw: string;
}

/** A receiver as a process of its own. */
export interface Receiver<T> {
  readonly port: number;
  /** What has come so far, oldest first. */
  readonly received: readonly T[];
  /** Resolves with everything that has come once there are so many. */
  arrived(count: number): Promise<readonly T[]>;
  close(): Promise<void>;
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

interface ReceiverOptions {
  readonly certificate?: Certificate;
  readonly port?: number;
}

/** @param answers A status, `silence`, `hangup` or `endless`, in turn; then 204. */
export const startHttpReceiver = (
  answers: readonly string[] = [],
  options: ReceiverOptions = {},
): Promise<Receiver<HttpRequest>> => start('http.mjs', answers, options);

/** @param words `implicit`, `login` (password "right horse"), `full`, `closed`. Recipients at gone@ are refused. */
export const startSmtpReceiver = (words: readonly string[] = [], options: ReceiverOptions = {}): Promise<Receiver<Mail>> =>
  start('smtp.mjs', words, options);

async function start<T>(
  name: string,
  words: readonly string[],
  { certificate, port = 0 }: ReceiverOptions,
): Promise<Receiver<T>> {
  const program = fileURLToPath(new URL(`../receivers/${name}`, import.meta.url));
  const argv = [program, certificate?.key ?? '', certificate?.cert ?? '', String(port), ...words];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const received: T[] = [];
  const lines = createInterface({ input: child.stdout });
  const listening = await new Promise<number>((resolve, reject) => {
    lines.once('line', (line) => {
      lines.on('line', (next) => received.push(JSON.parse(next) as T));
      resolve((JSON.parse(line) as { port: number }).port);
    });
    void ended.then(([code]) => reject(new Error(`${name} ended with ${String(code)} before it listened`)));
  });
  return {
    port: listening,
    received,
    async arrived(count) {
      const deadline = Date.now() + 10_000;
      while (received.length < count) {
        if (Date.now() > deadline) throw new Error(`${name} got ${received.length} of ${count} within 10 s`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return received;
    },
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A certificate for localhost that nobody has signed but itself, in the folder. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await promisify(execFile)('openssl', [...kind, '-keyout', key, '-out', cert, ...subject]);
  return { key, cert };
}
