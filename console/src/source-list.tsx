/** The sources of a studio with their tally. */
import { type Shown, tallyOf } from './tally.js';
import type { Source } from './wire.js';

interface SourceListProps {
  sources: readonly Source[];
  pvw: Shown;
  pgm: Shown;
}

export function SourceList({ sources, pvw, pgm }: SourceListProps) {
  return (
    <section className="panel" aria-label="Sources">
      <h2>Sources</h2>
      {sources.length === 0 && <p className="empty">This studio has no sources yet.</p>}
      <ul className="sources">
        {sources.map((source) => {
          const { colour, isHeardOnly, words } = tallyOf(source.position, pvw, pgm);
          const className = `${colour}${isHeardOnly ? ' heard' : ''}`;
          return (
            <li key={source.id} className={className} data-testid={`source-${source.position}`}>
              <span className="position">{source.position}</span>
              <span className="name" title={source.address}>
                {source.name}
              </span>
              <span className="kind">{source.kind}</span>
              <span className={`health ${source.status}`} data-testid={`health-${source.position}`}>
                {source.status}
              </span>
              <span className="tally" data-testid={`tally-${source.position}`}>
                {words}
              </span>
              {source.reason && <small className="reason">{source.reason}</small>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
