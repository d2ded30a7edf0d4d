import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { message, openChannel } from './channel-fixture.ts';

let baseDir: string;
beforeEach(async () => {
  baseDir = await mkdtemp(join(tmpdir(), 'pact-channels-'));
});
afterEach(() => rm(baseDir, { recursive: true, force: true }));

describe('a console channel', () => {
  it('writes lines that steer no terminal', async () => {
    const lines: string[] = [];
    const channel = openChannel({ kind: 'console' }, {}, { writeLine: (line) => void lines.push(line) });
    expect(await channel.send({ ...message, title: 'red \u001b[31malert' })).toEqual({ ok: true, detail: 'written to the log' });
    expect(lines).toEqual(['[personNeeded] pact-1: red  [31malert\n  Is it **good**?\n  Due tomorrow.']);
    expect(await channel.reachable()).toMatchObject({ ok: true });
  });
});

describe('a command channel', () => {
  const command = (run: readonly string[], more: object = {}, variables = {}) =>
    openChannel({ kind: 'command', run, ...more }, variables, { baseDir });

  it('gives the message as a line of JSON on stdin', async () => {
    const channel = command(['sh', '-c', 'cat > got.json']);
    expect(await channel.send(message)).toMatchObject({ ok: true });
    expect(JSON.parse(await readFile(join(baseDir, 'got.json'), 'utf8'))).toEqual(message);
    expect((await channel.reachable()).detail).toMatch(/\/sh$/);
  });

  it('passes on the variables that the config names and no others', async () => {
    process.env['PAGER_OTHER'] = 'not for you';
    const channel = command(['sh', '-c', 'env > got.txt'], { passEnv: ['PAGER_KEY', 'PAGER_UNSET'] }, { PAGER_KEY: 'k' });
    expect(await channel.send(message)).toMatchObject({ ok: true });
    const names = (await readFile(join(baseDir, 'got.txt'), 'utf8')).split('\n').map((line) => line.split('=')[0]);
    expect(names).toContain('PAGER_KEY');
    expect(
      names.filter((name) => !['PAGER_KEY', 'PATH', 'PWD', 'OLDPWD', 'SHLVL', '_', 'PACT_ATTEMPT', ''].includes(name!)),
    ).toEqual([]);
    delete process.env['PAGER_OTHER'];
  });

  it('says how the command failed and what it said, and does not try again', async () => {
    const { ok, detail } = await command(['sh', '-c', 'echo x >> count; echo no route; exit 4']).send(message);
    expect(ok).toBe(false);
    expect(detail).toMatch(/Exited with 4; expected exit code 0\. It said: no route$/);
    expect(await readFile(join(baseDir, 'count'), 'utf8')).toBe('x\n');
  });

  it('is tried again when it exits with 75, which means later', async () => {
    const script = 'echo x >> count; test $(wc -l < count) -ge 3 || exit 75';
    expect(await command(['sh', '-c', script]).send(message)).toMatchObject({
      ok: true,
      detail: expect.stringContaining('(3 tries)'),
    });
  });

  it('keeps of a flood of output the end', async () => {
    const { detail } = await command(['sh', '-c', 'yes x | head -c 3000000; echo the end; exit 1']).send(message);
    expect(detail.length).toBeLessThan(1_000);
    expect(detail).toMatch(/the end$/);
  });

  it('that does not exist is not reachable, and sending to it is an answer and no error', async () => {
    const channel = command(['no-such-program-here']);
    expect(await channel.reachable()).toMatchObject({ ok: false, detail: expect.stringContaining('no-such-program-here') });
    expect(await channel.send(message)).toMatchObject({ ok: false });
  });

  it('that does not read its input succeeds all the same', async () => {
    await writeFile(join(baseDir, 'deaf.sh'), 'exit 0');
    expect(await command(['sh', 'deaf.sh']).send({ ...message, text: 'x'.repeat(300_000) })).toMatchObject({ ok: true });
  });
});
