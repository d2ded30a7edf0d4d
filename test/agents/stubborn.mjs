// Ignores TERM, and so do its child in the group and its child in a session of its own, which both hold stdout open.
// Writes the three pids to `pids` in the workspace when all run. With `leave` it exits then and leaves the children behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';

process.on('SIGTERM', () => {});
const idle = "process.on('SIGTERM', () => {}); process.send('up'); setInterval(() => {}, 60000)";
const start = (detached) => spawn(process.execPath, ['-e', idle], { detached, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
const children = [start(false), start(true)];
await Promise.all(children.map((child) => once(child, 'message')));
writeFileSync('pids.new', JSON.stringify([process.pid, ...children.map(({ pid }) => pid)]));
renameSync('pids.new', 'pids');
console.log('all up');
if (process.argv[2] === 'leave') process.exit(0);
setInterval(() => {}, 60_000);
