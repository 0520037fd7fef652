/** Makes the source that a spec asks for. */
import type { OutputSpec, SourceSpec } from '../../domain/desired.js';
import type { EngineReport } from '../../domain/engine.js';
import type { AddressPolicy } from '../../lib/address.js';
import type { EngineClock } from '../clock.js';
import { FileSource } from './file-source.js';
import { HubSource } from './hub-source.js';
import { ImageSource } from './image-source.js';
import { LiveSource } from './live-source.js';
import type { Source } from './source.js';
import { TestSource } from './test-source.js';

export interface SourceRoom {
  clock: EngineClock;
  output: OutputSpec;
  linkPath: string;
  linkToken: string;
  /** Address of the guarding proxy for everything that is fetched by URL. */
  proxy: string;
  /** Which hosts may be connected to without it. */
  addresses: AddressPolicy;
  /** Tells the owner of the studio what happened. */
  report: (report: EngineReport) => void;
}

export function openSource(spec: SourceSpec, room: SourceRoom): Source {
  const now = (): number => room.clock.now();
  const { input } = spec;
  const { fps } = room.output;
  const { proxy, report } = room;
  switch (input.kind) {
    case 'hub':
      return new HubSource({
        spec,
        stream: input.stream,
        linkPath: room.linkPath,
        linkToken: room.linkToken,
        now,
        fps,
        report,
      });
    case 'live':
      return new LiveSource({ spec, url: input.url, proxy, addresses: room.addresses, now, fps, report });
    case 'file':
      return new FileSource({ spec, url: input.url, file: input, proxy, now, fps, report });
    case 'image':
      return new ImageSource({ spec, url: input.url, proxy, report });
    case 'test': {
      const { width, height } = room.output;
      return new TestSource({
        spec,
        pattern: input.pattern,
        toneHz: input.toneHz,
        width,
        height,
        fps,
        clock: room.clock,
      });
    }
  }
}
