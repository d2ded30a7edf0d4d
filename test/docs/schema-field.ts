/** What of a JSON Schema (draft 7) the walk looks at. */
interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** Every field that the schema of a written form knows, by its path such as `sprints[].tasks[].budget.time`, with the words it takes. */
export function fieldsOf(schema: object): ReadonlyMap<string, ReadonlySet<string>> {
  const fields = new Map<string, Set<string>>();
  const root = schema as Schema & { readonly definitions?: Readonly<Record<string, Schema>> };
  const seen = new Set<string>();
  const visit = (part: Schema, path: string): void => {
    if (part.$ref !== undefined) {
      // The condition refers to itself; its fields are documented where it first occurs.
      if (seen.has(part.$ref)) return;
      seen.add(part.$ref);
      return visit(root.definitions?.[part.$ref.split('/').at(-1) ?? ''] ?? {}, path);
    }
    for (const value of [...(part.enum ?? []), ...(part.const === undefined ? [] : [part.const])]) {
      fields.get(path.replace(/(\[\])+$/, ''))?.add(String(value));
    }
    for (const option of [...(part.anyOf ?? []), ...(part.oneOf ?? [])]) visit(option, path);
    if (part.items !== undefined) visit(part.items, `${path}[]`);
    for (const [name, field] of Object.entries(part.properties ?? {})) {
      const at = path === '' ? name : `${path}.${name}`;
      fields.set(at, fields.get(at) ?? new Set());
      visit(field, at);
    }
  };
  visit(root, '');
  return fields;
}
