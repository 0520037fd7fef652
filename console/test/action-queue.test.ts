import { expect, test } from 'vitest';
import { ActionQueue, MAX_WAITING } from '../src/action-queue.js';

function setUp() {
  const ran: string[] = [];
  const errors: string[] = [];
  const gates: (() => void)[] = [];
  const queue = new ActionQueue({
    onBusy: () => {},
    onError: ({ label }, error) => errors.push(`${label}: ${(error as Error).message}`),
  });
  const add = (label: string, kind: string, fails = false, studio = 'a'): void =>
    queue.add({
      label,
      kind,
      studio: { id: studio, name: studio },
      run: async () => {
        ran.push(label);
        await new Promise<void>((resolve) => gates.push(resolve));
        if (fails) throw new Error('refused');
      },
    });
  /** Lets the action under way end, and the next one begin. */
  const open = async (): Promise<void> => {
    gates.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ran, errors, add, open };
}

test('clicks during a call run afterwards, in their order', async () => {
  const { ran, add, open } = setUp();
  add('Layout 1', 'layout');
  add('TAKE', 'take');
  add('Layout 2', 'layout');
  expect(ran).toEqual(['Layout 1']);
  for (let round = 0; round < 3; round++) await open();
  expect(ran).toEqual(['Layout 1', 'TAKE', 'Layout 2']);
});

test('of quick picks the last one counts, but not across a take', async () => {
  const { ran, add, open } = setUp();
  add('TAKE', 'take');
  for (const label of ['Layout 1', 'Layout 2', 'Layout 3']) add(label, 'layout');
  add('TAKE', 'take');
  add('Layout 4', 'layout');
  for (let round = 0; round < 5; round++) await open();
  expect(ran).toEqual(['TAKE', 'Layout 3', 'TAKE', 'Layout 4']);
});

test('after a failure the rest is not sent, and all of it is said', async () => {
  const { ran, errors, add, open } = setUp();
  add('Layout 1', 'layout', true);
  add('TAKE', 'take');
  await open();
  expect(ran).toEqual(['Layout 1']);
  expect(errors).toEqual(['Layout 1: refused', 'TAKE: not sent, because Layout 1 failed']);
  add('TAKE', 'take');
  expect(ran).toEqual(['Layout 1', 'TAKE']);
});

test('the queue is bounded, and one too many is refused aloud', () => {
  const { errors, add } = setUp();
  add('first', 'first');
  for (let index = 0; index < MAX_WAITING; index++) add(`wait ${index}`, `kind ${index}`);
  expect(errors).toEqual([]);
  add('too many', 'other');
  expect(errors).toEqual(['too many: not sent: too many actions are waiting']);
});

test('actions for two studios neither replace nor cancel each other', async () => {
  const { ran, errors, add, open } = setUp();
  add('Layout 1', 'layout', true, 'a');
  add('Layout 2', 'layout', false, 'a');
  add('Layout 3', 'layout', false, 'b');
  for (let round = 0; round < 3; round++) await open();
  expect(ran).toEqual(['Layout 1', 'Layout 3']);
  expect(errors).toEqual(['Layout 1: refused', 'Layout 2: not sent, because Layout 1 failed']);
});
