import { z } from 'zod';

/** One word of a command, or the value of a variable. */
export const argument = z
  .string({ error: 'text; put numbers in quotes' })
  .max(8_192)
  .regex(/^[^\0]*$/, { error: 'text without NUL characters' });

const ARGV_RULE = 'a command as a list: the program and its arguments, never one shell string';
export const argv = z.array(argument, { error: ARGV_RULE }).min(1, { error: ARGV_RULE });
