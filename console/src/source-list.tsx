/** The sources of a studio: how each is, what arrives of it, its tally. */
import { type FileCommand, FileTransport } from './file-transport.js';
import { factsOf } from './source-facts.js';
import { type Shown, tallyOf } from './tally.js';
import type { Source } from './wire.js';

interface SourceListProps {
  sources: readonly Source[];
  pvw: Shown;
  pgm: Shown;
  /** Null where files cannot be paused and moved. */
  onFile: ((source: Source, command: FileCommand) => void) | null;
}

export function SourceList({ sources, pvw, pgm, onFile }: SourceListProps) {
  return (
    <section className="panel" aria-label="Sources">
      <h2>Sources</h2>
      {sources.length === 0 && <p className="empty">This studio has no sources yet.</p>}
      <ul className="sources">
        {sources.map((source) => {
          const { position, place, status } = source;
          const { colour, isHeardOnly, words } = tallyOf(place, pvw, pgm);
          const className = `${colour}${isHeardOnly ? ' heard' : ''}`;
          const channel = place === position ? '' : place || 'no channel';
          return (
            <li key={source.id} className={className} data-testid={`source-${position}`}>
              <span className="position">{position}</span>
              <span className="name" title={source.address}>
                {source.name}
                {channel && <small className="channel">{channel}</small>}
              </span>
              <span className="kind">{source.kind}</span>
              <span className={`health ${status}`} data-testid={`health-${position}`}>
                {status}
              </span>
              <span className="tally" data-testid={`tally-${position}`}>
                {words}
              </span>
              <small className={`facts ${status}`} data-testid={`facts-${position}`}>
                {factsOf(source)}
              </small>
              {onFile && <FileTransport source={source} onCommand={onFile} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
