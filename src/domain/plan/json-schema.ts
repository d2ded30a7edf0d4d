import { z } from 'zod';
import { configSchema } from '../config/config-schema.ts';
import { planSchema } from './plan-schema.ts';

/** JSON Schemas (draft 7) of the written forms for editors, by file name as the package exports them under `schemas/`. */
export function jsonSchemas(): Readonly<Record<'plan.json' | 'config.json', object>> {
  const toSchema = (schema: z.ZodType, title: string): object => ({
    title,
    ...z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }),
  });
  return { 'plan.json': toSchema(planSchema, 'PACT plan'), 'config.json': toSchema(configSchema, 'PACT config') };
}
