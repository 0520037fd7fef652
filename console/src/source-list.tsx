/** The sources of a studio with their tally. */
import type { Layout, Source } from './wire.js';

interface SourceListProps {
  sources: readonly Source[];
  pvw: Layout | undefined;
  pgm: Layout | undefined;
}

function shows(layout: Layout | undefined, source: Source): boolean {
  return layout?.layers.some((layer) => layer.position === source.position) ?? false;
}

export function SourceList({ sources, pvw, pgm }: SourceListProps) {
  return (
    <section className="panel" aria-label="Sources">
      <h2>Sources</h2>
      {sources.length === 0 && <p className="empty">This studio has no sources yet.</p>}
      <ul className="sources">
        {sources.map((source) => {
          const tally = shows(pgm, source) ? 'on-air' : shows(pvw, source) ? 'next' : '';
          const words = tally === 'on-air' ? 'on air' : tally === 'next' ? 'in preview' : '';
          return (
            <li key={source.id} className={tally} data-testid={`source-${source.position}`}>
              <span className="position">{source.position}</span>
              <span className="name" title={source.address}>
                {source.name}
              </span>
              <span className="kind">{source.kind}</span>
              <span className={`health ${source.status}`} data-testid={`health-${source.position}`}>
                {source.status}
                {source.reason && <small>{source.reason}</small>}
              </span>
              <span className="tally">{words}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
