// argv: `line` N MiB: one line of N MiB that begins like protocol; `lines` N MiB: short lines of
// JSON and text.
import { writeSync } from 'node:fs';
const [, , kind, amount] = process.argv;
const bytes = Number(amount) * 1024 * 1024;
const block =
  kind === 'line'
    ? Buffer.alloc(65_536, 'x')
    : Buffer.from('{"level":"debug","text":"a line of JSON that is only log"}\nplain words\n'.repeat(1_024));
const write = (buffer) => {
  for (let at = 0; at < buffer.length;) {
    try {
      at += writeSync(1, buffer, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
};
if (kind === 'line') write(Buffer.from('{"pact":"status","current_task":"'));
for (let written = 0; written < bytes; written += block.length) write(block);
write(Buffer.from('\n{"pact":"result","summary":"survived"}\n'));
