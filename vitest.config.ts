/**
 * Three projects. `unit` is quick and runs in parallel. `parts` plays what comes in and what goes out in real time, without
 * a whole server: mostly waiting, so two files at a time. `system` starts servers, encoders and browsers, needs the whole
 * machine for itself and so runs last, one file at a time.
 */
import { defineConfig } from 'vitest/config';

const PARTS = ['hub-*', 'file-*', 'live-sources', 'input-shapes', 'guarded-https'].map(
  (name) => `test/integration/${name}.test.ts`,
);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/unit/**/*.test.ts',
            'test/contract/**/*.test.ts',
            'test/*.test.ts',
            'console/test/**/*.test.ts',
          ],
          // By itself it would leave one core idle.
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'parts',
          include: PARTS,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          exclude: PARTS,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
