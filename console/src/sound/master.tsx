/** The programme at the sound desk: what viewers hear, measured, and the switches that concern all of it. */
import { useRef } from 'react';
import { duration } from '../keys.js';
import type { Levels, ProgrammeLevels } from './levels-wire.js';
import type { MeterBoard } from './meter-board.js';
import { drawCorrelation, drawLoudness, drawReduction, type Sheet } from './meter-drawing.js';
import { LevelMeter, UNKNOWN, useDrawing, withReadings, writeInto, writeLevel } from './meters.js';
import type { MixHand } from './mix-hand.js';
import { Press } from './press.js';
import type { SettingsHand } from './settings-hand.js';
import type { SoundSettings } from './sound-wire.js';

interface GaugeProps {
  board: MeterBoard;
  label: string;
  testId: string;
  draw: (sheet: Sheet, levels: Levels | null) => void;
}

function Gauge({ board, label, testId, draw }: GaugeProps) {
  const canvas = useDrawing(board, testId, (sheet) => withReadings((levels) => sheet && draw(sheet, levels)));
  return <canvas ref={canvas} className="gauge" role="img" aria-label={label} data-testid={testId} />;
}

interface ReadoutProps {
  board: MeterBoard;
  name: string;
  title: string;
  testId: string;
  unit: string;
  words: (pgm: ProgrammeLevels) => string;
  /** Whether the value is one to look at. */
  isOdd?: (pgm: ProgrammeLevels) => boolean;
}

function Readout({ board, name, title, testId, unit, words, isOdd }: ReadoutProps) {
  const value = useRef<HTMLElement>(null);
  useDrawing(board, testId, () =>
    withReadings((levels) => {
      writeInto(value.current, levels ? words(levels.pgm) : UNKNOWN);
      value.current?.classList.toggle('odd', levels !== null && (isOdd?.(levels.pgm) ?? false));
    }),
  );
  return (
    <div className="readout" title={title}>
      <dt>{name}</dt>
      <dd>
        <b ref={value} className={unit === '' ? 'wide' : ''} data-testid={testId}>
          {UNKNOWN}
        </b>
        {unit}
      </dd>
    </div>
  );
}

const correlationOf = (value: number): string => value.toFixed(2).replace('-', '−');
/** The limiter begins below this; decoders may add a little. */
const MOST_TRUE_PEAK = -1;

/** What is turned down, with the length of its bar in dB. */
const REDUCTIONS: readonly {
  name: string;
  title: string;
  testId: string;
  most: number;
  of: (pgm: ProgrammeLevels) => number;
}[] = [
  {
    ...{ name: 'Limiter', title: 'By how much the limiter turns down', testId: 'limited', most: 12 },
    of: ({ limited }) => limited,
  },
  {
    ...{ name: 'Talk-over', title: 'By how much the others are turned down', testId: 'ducked', most: 24 },
    of: ({ ducked }) => ducked,
  },
];

interface MasterProps {
  board: MeterBoard;
  hasLevels: boolean;
  isRunning: boolean;
  /** Null while not known. */
  settings: SoundSettings | null;
  follow: boolean | null;
  hand: MixHand | null;
  settingsHand: SettingsHand | null;
}

export function Master({ board, hasLevels, isRunning, settings, follow, hand, settingsHand }: MasterProps) {
  const master = useRef<HTMLElement>(null);
  const triggers = settings?.ducking.triggers.length ?? 0;
  const isUnknown = settings === null;
  return (
    <section ref={master} className="master" aria-label="Sound of the programme" data-testid="master">
      <header>
        <h3>PGM</h3>
        <span className="silent-mark">silent</span>
        {settings?.tone.on && <span className="tone-mark">test tone</span>}
        <span className={`no-levels${isRunning ? ' trouble' : ''}`} role="status" data-testid="levels-state">
          {hasLevels ? '' : isRunning ? 'no levels' : 'not running'}
        </span>
      </header>
      <div className="master-meters">
        <LevelMeter
          board={board}
          of={(levels) => levels.pgm}
          id="pgm"
          label="Level of the programme"
          testId="meter-pgm"
          mark={master}
        />
        <div className="measures">
          <dl>
            <Readout
              {...{ board }}
              name="M"
              title="Momentary loudness: the last 400 ms (EBU R128)"
              testId="loudness-m"
              unit="LUFS"
              words={(pgm) => writeLevel(pgm.momentary)}
            />
            <Readout
              {...{ board }}
              name="S"
              title="Short-term loudness: the last 3 seconds"
              testId="loudness-s"
              unit="LUFS"
              words={(pgm) => writeLevel(pgm.shortTerm)}
            />
            <Readout
              {...{ board }}
              name="I"
              title="Integrated loudness since the start or the last reset; programmes are to have −23"
              testId="loudness-i"
              unit="LUFS"
              words={(pgm) => writeLevel(pgm.integrated)}
              isOdd={(pgm) => pgm.integratedSeconds > 30 && pgm.integrated > -22}
            />
            <Readout
              {...{ board }}
              name="LRA"
              title="Loudness range"
              testId="loudness-range"
              unit="LU"
              words={(pgm) => pgm.range.toFixed(1)}
            />
            <Readout
              {...{ board }}
              name="TP"
              title="Highest true peak since the start or the last reset"
              testId="true-peak"
              unit="dBTP"
              words={(pgm) => writeLevel(pgm.maxTruePeak)}
              isOdd={(pgm) => pgm.maxTruePeak > MOST_TRUE_PEAK}
            />
            <Readout
              {...{ board }}
              name="over"
              title="What the integrated loudness covers"
              testId="loudness-seconds"
              unit=""
              words={(pgm) => duration(pgm.integratedSeconds * 1_000)}
            />
          </dl>
          <div className="gauge-row loudness">
            <Gauge
              board={board}
              label="Loudness; the line is −23 LUFS"
              testId="gauge-loudness"
              draw={(sheet, levels) => drawLoudness(sheet, levels?.pgm ?? null)}
            />
            <span className="scale" aria-hidden="true">
              <span>−41</span>
              <span>−23</span>
              <span>−5</span>
            </span>
          </div>
          <div className="gauge-row phase">
            <span>−1</span>
            <Gauge
              board={board}
              label="Phase correlation"
              testId="gauge-phase"
              draw={(sheet, levels) => drawCorrelation(sheet, levels ? levels.pgm.correlation : null)}
            />
            <span>+1</span>
            <dl>
              <Readout
                {...{ board }}
                name="Phase"
                title="Correlation of left and right: 1 the same, 0 unrelated, below 0 out of phase"
                testId="phase"
                unit=""
                words={(pgm) => correlationOf(pgm.correlation)}
                isOdd={(pgm) => pgm.correlation < 0}
              />
            </dl>
          </div>
          <div className="reductions">
            {REDUCTIONS.map(({ name, title, testId, most, of }) => (
              <div key={testId}>
                <dl>
                  <Readout {...{ board, name, title, testId }} unit="dB" words={(pgm) => of(pgm).toFixed(1)} />
                </dl>
                <Gauge
                  board={board}
                  label={title}
                  testId={`gauge-${testId}`}
                  draw={(sheet, levels) => drawReduction(sheet, levels ? of(levels.pgm) : null, most)}
                />
              </div>
            ))}
          </div>
        </div>
      </div>
      <div className="master-presses">
        <Press
          kind="follow"
          label="Audio follows video"
          testId="follow"
          isOn={follow ?? false}
          isDisabled={hand === null || follow === null}
          title="A take brings the sound of the preview; off, takes leave the sound alone"
          onPress={() => hand?.setFollow(!follow)}
        >
          AFV
        </Press>
        <Press
          kind="talk"
          label="Talk-over"
          testId="ducking"
          isOn={settings?.ducking.on ?? false}
          isDisabled={isUnknown || triggers === 0}
          title={triggers > 0 ? 'Talk-over by the sources marked TALK' : 'Mark a source with TALK first'}
          onPress={() => settingsHand?.change({ ducking: { on: !settings?.ducking.on } })}
        >
          TALK-OVER
        </Press>
        <Press
          kind="tone"
          label="Test tone in place of the programme's sound"
          testId="tone"
          isOn={settings?.tone.on ?? false}
          isDisabled={isUnknown}
          onPress={() => settingsHand?.change({ tone: { on: !settings?.tone.on } })}
        >
          TONE
        </Press>
        <Press
          kind="alarm"
          label="Silence alarm"
          testId="silence"
          isOn={settings?.silence.on ?? false}
          isDisabled={isUnknown}
          title="Tells the owner of the studio when the programme, or a source of its mix, falls silent"
          onPress={() => settingsHand?.change({ silence: { on: !settings?.silence.on } })}
        >
          ALARM
        </Press>
        <button
          type="button"
          className="press"
          data-testid="loudness-reset"
          aria-label="Reset integrated loudness, range and true peak"
          title="Integrated loudness, range and true peak begin anew"
          disabled={isUnknown || !isRunning}
          onClick={(event) => {
            if (event.detail > 0) event.currentTarget.blur();
            settingsHand?.change({ resetLoudness: true });
          }}
        >
          RESET
        </button>
      </div>
    </section>
  );
}
