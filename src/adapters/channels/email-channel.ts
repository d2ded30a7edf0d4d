import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { createTransport, type SMTPSentMessageInfo, type SMTPTransportOptions, type Transporter } from 'nodemailer';
import { clip } from '../../domain/clip.ts';
import type { ChannelConfig } from '../../domain/config/channel-config.ts';
import type { ChannelMessage } from '../../domain/notices/channel-message.ts';
import { connectWithin, NotPermittedError, type Reach } from './address-guard.ts';
import type { Transport, Try } from './channel.ts';
import { causeOf } from './failure-cause.ts';

export interface EmailTarget extends Pick<
  Extract<ChannelConfig, { kind: 'email' }>,
  'host' | 'port' | 'security' | 'from' | 'to' | 'allowPrivate'
> {
  /** User and password; null: none are needed; a failure: why there are none. */
  readonly login: () => { readonly user: string; readonly pass: string } | null | Error;
  readonly timeoutMs?: number;
  readonly resolve?: Reach['resolve'];
  /** PEM certificates to trust in place of those of Node. */
  readonly ca?: string;
}

const TIMEOUT_MS = 15_000;
const MAX_SUBJECT = 200;

/** Plain text by SMTP, over TLS from the start or by STARTTLS, which is never given up silently. */
export function createEmailChannel(target: EmailTarget): Transport {
  return {
    send: (message, signal) =>
      converse(target, signal, async (mailer) => {
        const { accepted, rejected } = await mailer.sendMail(toMail(target, message));
        const told = `${target.host} took it for ${accepted.length} of ${accepted.length + rejected.length} recipients`;
        return rejected.length === 0 ? told : `${told}; it refused ${rejected.map(String).join(', ')}`;
      }),
    reachable: (signal) =>
      converse(target, signal, async (mailer) => {
        await mailer.verify();
        return `${target.host} accepts mail`;
      }),
  };
}

/** Line breaks and other control characters become spaces: none of them begins a header. */
const toLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();

function toMail({ from, to }: EmailTarget, { id, executionId, phase, kind, title, text }: ChannelMessage) {
  const key = createHash('sha256').update(id).digest('hex').slice(0, 32);
  return {
    from: { name: 'PACT', address: from },
    to: to.map((address) => ({ name: '', address })),
    subject: clip(toLine(`[pact] ${executionId} ${phase}: ${title}`), MAX_SUBJECT),
    text: `${title}\n\n${text}\n\n--\n${executionId} · ${phase} · ${kind}\n`,
    // The same for every try: mail programs show one message once.
    messageId: `<${key}@${from.split('@')[1] as string}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

type Mailer = Transporter<SMTPSentMessageInfo, SMTPTransportOptions>;

async function converse(
  target: EmailTarget,
  signal: AbortSignal | undefined,
  talk: (mailer: Mailer) => Promise<string>,
): Promise<Try> {
  const { host, port, security, allowPrivate, timeoutMs = TIMEOUT_MS, resolve, ca } = target;
  const login = target.login();
  if (login instanceof Error) return { ok: false, detail: login.message, isPassing: false };
  const timeout = AbortSignal.timeout(timeoutMs);
  const end = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  let give = (): void => {};
  try {
    const reach = { allowPrivate, isEncrypted: security !== 'none', ...(resolve === undefined ? {} : { resolve }) };
    const connection = await connectWithin(reach, host, port, end);
    give = () => void connection.destroy(new Error('stopped'));
    end.addEventListener('abort', give, { once: true });
    const mailer = createTransport({
      connection,
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      ...(login === null ? {} : { auth: login }),
      tls: { ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }) },
    });
    return { ok: true, detail: await talk(mailer), isPassing: false };
  } catch (error) {
    const said = timeout.aborted ? `no end of the conversation within ${timeoutMs} ms` : toLine(causeOf(error));
    return { ok: false, detail: `${host}:${port}: ${clip(said, 300)}`, isPassing: isPassing(error) };
  } finally {
    end.removeEventListener('abort', give);
    give();
  }
}

/** A server that refuses for good (5xx), a wrong password and a certificate that is not trusted stay so. */
function isPassing(error: unknown): boolean {
  const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
  return !(error instanceof NotPermittedError) && responseCode < 500 && code !== 'EAUTH' && code !== 'ETLS';
}
