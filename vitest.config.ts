import { defineConfig } from 'vitest/config';

const isCi = Boolean(process.env.CI);

export default defineConfig({
  test: {
    globalSetup: ['test/support/temporal-server.ts'],
    // Many tests wait for servers and agents; more of them at a time than this starve the timing of the others on two cores.
    maxWorkers: 2,
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Engine tests run real servers, workers and agents; where others load the machine, a deadline may pass that means nothing.
    retry: isCi ? 1 : 0,
    reporters: isCi ? ['default', ['json', { outputFile: 'coverage/tests.json' }]] : ['default'],
  },
});
