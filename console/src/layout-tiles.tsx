/** The layouts as tiles drawn from their geometry, marked green when in preview and red when on air. */
import { layerBox, shorten } from './geometry.js';
import type { Layout, Source } from './wire.js';

interface LayoutTilesProps {
  layouts: readonly Layout[];
  sources: readonly Source[];
  pvwLayoutId: string | null;
  pgmLayoutId: string | null;
  aspect: number;
  disabled: boolean;
  onPick: (layout: Layout, index: number) => void;
}

const HEIGHT = 90;
/** Width of a letter, in font sizes. */
const LETTER = 0.6;

function nameOf(sources: readonly Source[], position: string): string {
  return sources.find(({ place }) => place === position)?.name ?? position;
}

function LayoutPicture({ layout, sources, aspect }: { layout: Layout; sources: readonly Source[]; aspect: number }) {
  const width = HEIGHT * aspect;
  const clip = `frame-${layout.id}`;
  return (
    <svg viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
      <clipPath id={clip}>
        <rect width={width} height={HEIGHT} />
      </clipPath>
      <rect className="frame" width={width} height={HEIGHT} />
      <g clipPath={`url(#${clip})`}>
        {layout.layers.map((layer, index) => {
          const box = layerBox(layer);
          const [x, y, w, h] = [box.x * width, box.y * HEIGHT, box.width * width, box.height * HEIGHT];
          const name = nameOf(sources, layer.position);
          const size = Math.min(13, Math.max(7, (w / Math.max(3, name.length)) * 1.5));
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a layer has no other identity than its place in the stack
            <g key={index}>
              <rect className={`layer hue-${index % 4}`} x={x} y={y} width={w} height={h} />
              <text x={x + w / 2} y={y + h / 2} fontSize={size}>
                {shorten(name, (w * 0.9) / (size * LETTER))}
              </text>
            </g>
          );
        })}
      </g>
    </svg>
  );
}

export function LayoutTiles(props: LayoutTilesProps) {
  const { layouts, sources, pvwLayoutId, pgmLayoutId, aspect, disabled, onPick } = props;
  if (layouts.length === 0) return <p className="empty">This studio has no layouts yet.</p>;
  return (
    <ul className="tiles" aria-label="Layouts">
      {layouts.map((layout, index) => {
        const isNext = layout.id === pvwLayoutId;
        const isOnAir = layout.id === pgmLayoutId;
        const names = layout.layers.map((layer) => nameOf(sources, layer.position));
        const marks = `${isNext ? ', in preview' : ''}${isOnAir ? ', on air' : ''}`;
        return (
          <li key={layout.id}>
            <button
              type="button"
              className={`tile${isNext ? ' next' : ''}${isOnAir ? ' on-air' : ''}`}
              data-testid={`layout-${index + 1}`}
              data-layout-id={layout.id}
              aria-label={`Layout ${index + 1}: ${names.join(', ') || 'black'}${marks}`}
              aria-pressed={isNext}
              disabled={disabled}
              onClick={(event) => {
                // After a click with the pointer Space means TAKE, not the same tile again.
                if (event.detail > 0) event.currentTarget.blur();
                onPick(layout, index);
              }}
            >
              <LayoutPicture layout={layout} sources={sources} aspect={aspect} />
              <span className="caption">
                {index < 9 && <kbd>{index + 1}</kbd>}
                <span className="names">{names.join(' + ') || 'Black'}</span>
                {isNext && <span className="mark next">PVW</span>}
                {isOnAir && <span className="mark on-air">PGM</span>}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
