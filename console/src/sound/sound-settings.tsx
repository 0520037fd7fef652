/** How talk-over, test tone and silence alarm behave. */
import { NumberField } from './fields.js';
import type { SettingsHand } from './settings-hand.js';
import { NO_SETTINGS, type SoundSettings } from './sound-wire.js';

interface SettingsFormProps {
  /** Null while not known. */
  settings: SoundSettings | null;
  hand: SettingsHand | null;
}

interface Field {
  name: string;
  label: string;
  testId: string;
  value: number;
  range: readonly [min: number, max: number, step: number];
  unit: string;
  onValue: (value: number) => void;
}

export function SettingsForm({ settings, hand }: SettingsFormProps) {
  const { ducking, tone, silence } = settings ?? NO_SETTINGS;
  const groups: { title: string; fields: Field[] }[] = [
    {
      title: 'Talk-over',
      fields: [
        {
          ...{
            name: 'Down by',
            label: 'How much talk-over turns the others down',
            testId: 'ducking-depth',
            unit: 'dB',
          },
          ...{ value: ducking.depth, range: [0, 60, 1] },
          onValue: (depth) => hand?.change({ ducking: { depth } }),
        },
        {
          ...{ name: 'From', label: 'Level from which a voice talks over', testId: 'ducking-threshold', unit: 'dBFS' },
          ...{ value: ducking.threshold, range: [-60, 0, 1] },
          onValue: (threshold) => hand?.change({ ducking: { threshold } }),
        },
        {
          ...{ name: 'Attack', label: 'Time in which talk-over turns down', testId: 'ducking-attack', unit: 'ms' },
          ...{ value: ducking.attack, range: [5, 1000, 10] },
          onValue: (attack) => hand?.change({ ducking: { attack } }),
        },
        {
          ...{ name: 'Release', label: 'Time in which talk-over comes back', testId: 'ducking-release', unit: 'ms' },
          ...{ value: ducking.release, range: [50, 5000, 50] },
          onValue: (release) => hand?.change({ ducking: { release } }),
        },
      ],
    },
    {
      title: 'Test tone',
      fields: [
        {
          ...{ name: 'Pitch', label: 'Pitch of the test tone', testId: 'tone-hz', unit: 'Hz' },
          ...{ value: tone.hz, range: [20, 20_000, 10] },
          onValue: (hz) => hand?.change({ tone: { hz } }),
        },
        {
          ...{ name: 'Level', label: 'Level of the test tone', testId: 'tone-level', unit: 'dBFS' },
          ...{ value: tone.level, range: [-60, -3, 1] },
          onValue: (level) => hand?.change({ tone: { level } }),
        },
      ],
    },
    {
      title: 'Silence alarm',
      fields: [
        {
          ...{ name: 'Below', label: 'Level below which it is silent', testId: 'silence-threshold', unit: 'dBFS' },
          ...{ value: silence.threshold, range: [-90, -20, 1] },
          onValue: (threshold) => hand?.change({ silence: { threshold } }),
        },
        {
          ...{ name: 'For', label: 'Time after which silence is told', testId: 'silence-seconds', unit: 's' },
          ...{ value: silence.seconds, range: [1, 600, 1] },
          onValue: (seconds) => hand?.change({ silence: { seconds } }),
        },
      ],
    },
  ];
  return (
    <div className="sound-settings">
      {groups.map(({ title, fields }) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          {fields.map(({ name, label, testId, value, range: [min, max, step], unit, onValue }) => (
            <div key={testId}>
              <span>{name}</span>
              <NumberField
                {...{ label, testId, value, min, max, step, unit, onValue }}
                isDisabled={settings === null}
              />
            </div>
          ))}
        </fieldset>
      ))}
    </div>
  );
}
