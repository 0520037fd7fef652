/** One filter of a chain. Its state is its own; what goes in is finite. */
export interface SoundStage {
  /** Pairs by which what comes out is later than what goes in. */
  readonly latency: number;
  /** Filters interleaved pairs in place. @throws when it cannot go on */
  run(pairs: Float32Array): void;
  /** Frees what it holds; nothing is run any more. */
  close(): void;
}
