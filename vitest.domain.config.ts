import { defineConfig } from 'vitest/config';

/** The pure part alone: no server, for the coverage that it must have. */
export default defineConfig({
  test: {
    include: ['test/domain/**/*.test.ts'],
    testTimeout: 60_000,
    coverage: { provider: 'v8', reporter: ['text-summary', ['text', { skipFull: true }]] },
  },
});
