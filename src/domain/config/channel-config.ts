import { didYouMean } from '../nearest.ts';
import { NOTICE_KINDS, type NoticeKind } from '../notices/notice.ts';
import type { Finding, Path } from '../source/finding.ts';
import { quote } from '../source/problem.ts';
import type { WrittenChannel } from './channel-schema.ts';

interface ChannelBase {
  readonly id: string;
  /** Kinds of notices that it takes. */
  readonly events: readonly NoticeKind[];
  /** Channels that are told, the first that can be, when this one fails. */
  readonly fallback: readonly string[];
}

/** `…Env`: the variable of the worker's environment that holds it. `allowPrivate`: the host may be at an address that is not public. */
export type ChannelConfig = ChannelBase &
  (
    | { readonly kind: 'console' }
    | { readonly kind: 'command'; readonly run: readonly string[]; readonly passEnv: readonly string[] }
    | { readonly kind: 'webhook'; readonly url: string; readonly secretEnv: string | null; readonly allowPrivate: boolean }
    | { readonly kind: 'slack'; readonly url: string | null; readonly urlEnv: string | null; readonly allowPrivate: boolean }
    | {
        readonly kind: 'email';
        readonly host: string;
        readonly port: number;
        /** `tls`: from the start; `starttls`: asked for and insisted on; `none`: only to an address that is not public. */
        readonly security: 'tls' | 'starttls' | 'none';
        readonly from: string;
        readonly to: readonly string[];
        readonly userEnv: string | null;
        readonly passwordEnv: string | null;
        readonly allowPrivate: boolean;
      }
  );

const PORTS = { tls: 465, starttls: 587, none: 25 } as const;

/** @param toArgv Makes the files that a command names absolute. */
export function toChannel(written: WrittenChannel, toArgv: (run: readonly string[]) => string[]): ChannelConfig {
  const base = { id: written.id, events: written.events ?? NOTICE_KINDS, fallback: written.fallback ?? [] };
  switch (written.kind) {
    case 'console':
      return { ...base, kind: 'console' };
    case 'command':
      return { ...base, kind: 'command', run: toArgv(written.run), passEnv: written.passEnv ?? [] };
    case 'webhook': {
      const { kind, url, secretEnv, allowPrivate } = written;
      return { ...base, kind, url, secretEnv: secretEnv ?? null, allowPrivate: allowPrivate ?? false };
    }
    case 'slack': {
      const { kind, url, urlEnv, allowPrivate } = written;
      return { ...base, kind, url: url ?? null, urlEnv: urlEnv ?? null, allowPrivate: allowPrivate ?? false };
    }
    case 'email': {
      const { kind, host, from, to, userEnv, passwordEnv, allowPrivate } = written;
      const security = written.security ?? 'starttls';
      const login = { userEnv: userEnv ?? null, passwordEnv: passwordEnv ?? null };
      const port = written.port ?? PORTS[security];
      return { ...base, kind, host, port, security, from, to, ...login, allowPrivate: allowPrivate ?? false };
    }
  }
}

interface WrittenChannels {
  readonly channels?: readonly WrittenChannel[] | null | undefined;
  readonly notify?: readonly string[] | null | undefined;
}

/** What the form of channels cannot say: names of other channels, and fields that go together. */
export function checkChannels({ channels, notify }: WrittenChannels): Finding[] {
  const ids = (channels ?? []).map(({ id }) => id);
  return [
    ...(notify ?? []).flatMap((id, index) => checkName(['notify', index], id, ids)),
    ...(channels ?? []).flatMap((channel, index) => checkChannel(['channels', index], channel, ids)),
  ];
}

function checkName(at: Path, id: string, ids: readonly string[]): Finding[] {
  if (ids.includes(id)) return [];
  const hint = didYouMean(id, ids) ?? `the config has ${ids.join(', ') || 'no channels'}`;
  return [{ at, expected: 'the id of a channel', got: quote(id), message: `unknown channel ${quote(id)}`, hint }];
}

function checkChannel(at: Path, channel: WrittenChannel, ids: readonly string[]): Finding[] {
  const { id, fallback } = channel;
  const names = (fallback ?? []).flatMap((name, place) => {
    const own: Finding = {
      at: [...at, 'fallback', place],
      expected: 'the id of another channel',
      got: quote(name),
      message: `channel ${quote(id)} cannot stand in for itself`,
      hint: 'name another channel',
    };
    return name === id ? [own] : checkName([...at, 'fallback', place], name, ids);
  });
  return [...names, ...checkFields(at, channel)];
}

function checkFields(at: Path, channel: WrittenChannel): Finding[] {
  if (channel.kind === 'slack' && !channel.url === !channel.urlEnv) {
    const hint = 'the address is a secret: urlEnv keeps it out of the file';
    return [{ at, expected: 'either "url" or "urlEnv"', message: 'expected either "url" or "urlEnv"', hint }];
  }
  if (channel.kind === 'email') return checkEmail(at, channel);
  if (channel.kind !== 'webhook' && channel.kind !== 'slack') return [];
  if (!channel.url?.startsWith('http:') || channel.allowPrivate) return [];
  return [toUnencrypted([...at, 'url'], 'an https address', quote(channel.url))];
}

function checkEmail(at: Path, channel: Extract<WrittenChannel, { kind: 'email' }>): Finding[] {
  const { security, allowPrivate, userEnv, passwordEnv } = channel;
  const findings: Finding[] = [];
  if (security === 'none' && !allowPrivate) findings.push(toUnencrypted([...at, 'security'], '"tls" or "starttls"', '"none"'));
  if (!userEnv !== !passwordEnv) {
    const hint = 'a server that asks for no login needs neither';
    findings.push({
      at,
      expected: 'both "userEnv" and "passwordEnv"',
      message: 'expected both "userEnv" and "passwordEnv"',
      hint,
    });
  }
  return findings;
}

const toUnencrypted = (at: Path, expected: string, got: string): Finding => ({
  at,
  expected,
  got,
  message: `expected ${expected}; got ${got}`,
  hint: 'only a host at a private address may be reached unencrypted, and only with allowPrivate: true',
});
