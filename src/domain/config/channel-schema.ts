import { z } from 'zod';
import { NOTICE_KINDS } from '../notices/notice.ts';
import { fields, id, list } from '../source/shape.ts';
import { argv } from './argv.ts';

/** Channels as people write them. Secrets are never in the file: it names the variables of the worker's environment that hold them. */

const VARIABLE_RULE = 'the name of an environment variable: letters, digits and "_", no digit first';
const variable = z.string({ error: VARIABLE_RULE }).regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, { error: VARIABLE_RULE });

const url = z.url({ protocol: /^https?$/, error: 'an http or https address' });

const HOST_RULE = 'a host name or an IP address';
const host = z.string({ error: HOST_RULE }).regex(/^[A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}$/, { error: HOST_RULE });

const PORT_RULE = 'a port from 1 to 65,535';
const port = z.int({ error: PORT_RULE }).min(1, { error: PORT_RULE }).max(65_535, { error: PORT_RULE });

const MAIL_RULE = 'a mail address such as ops@example.org';
const mailAddress = z.email({ error: MAIL_RULE }).max(254, { error: MAIL_RULE });

const common = { id, events: z.array(z.enum(NOTICE_KINDS)).min(1, { error: 'at least one kind' }).nullish(), fallback: list(id) };
const allowPrivate = z.boolean().nullish();

export const channelSchema = z.discriminatedUnion('kind', [
  fields({ ...common, kind: z.literal('console') }),
  fields({ ...common, kind: z.literal('command'), run: argv, passEnv: list(variable) }),
  fields({ ...common, kind: z.literal('webhook'), url, secretEnv: variable.nullish(), allowPrivate }),
  fields({ ...common, kind: z.literal('slack'), url: url.nullish(), urlEnv: variable.nullish(), allowPrivate }),
  fields({
    ...common,
    kind: z.literal('email'),
    host,
    port: port.nullish(),
    security: z.enum(['tls', 'starttls', 'none']).nullish(),
    from: mailAddress,
    to: z.array(mailAddress).min(1, { error: 'at least one mail address' }).max(50),
    userEnv: variable.nullish(),
    passwordEnv: variable.nullish(),
    allowPrivate,
  }),
]);

export type WrittenChannel = z.output<typeof channelSchema>;
