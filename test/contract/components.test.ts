/** Components and captions with the official client. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SETTINGS, type StudioApi, startStudioApi } from '../support/studio-api.js';
import { listOf, openWireStudio, type WireStudio } from '../support/wire-studio.js';

let api: StudioApi;
let studio: WireStudio;
beforeAll(async () => {
  api = await startStudioApi({ config: { ...SETTINGS, limits: { ...SETTINGS.limits, components: 20 } } });
  studio = await openWireStudio(api);
});
afterAll(() => api.close());

let places = 0;
const place = (): string => `RC${String(++places).padStart(2, '0')}`;
const text = (TextLayerContent: unknown, more = {}) => ({
  LocationId: place(),
  ComponentType: 'text',
  ComponentLayer: '{}',
  TextLayerContent: JSON.stringify(TextLayerContent),
  ...more,
});
const add = async (params: Record<string, string | number>): Promise<string> =>
  String((await studio.call('AddCasterComponent', params)).ComponentId);
const describe = async (ComponentId: string) =>
  listOf(await studio.call('DescribeCasterComponents', { ComponentId }), 'Components.Component')[0];
const overlays = async (...ids: string[]) => {
  const list = Object.fromEntries(ids.map((id, index) => [`ComponentId.${index + 1}`, id]));
  await studio.show(studio.pgm, studio.layouts.one, list);
  return studio.desired().pgm.overlays;
};

test('a text with the defaults of the reference', async () => {
  const id = await add({
    LocationId: 'RC98',
    ComponentType: 'text',
    ComponentLayer: '{}',
    TextLayerContent: '{}',
  });
  expect(await describe(id)).toEqual({
    ComponentId: id,
    ComponentName: id,
    ComponentType: 'text',
    LocationId: 'RC98',
    Effect: 'none',
    LayerOrder: 'cover',
    CrawlSpeed: 0.1,
    ComponentLayer: {
      HeightNormalized: 0,
      WidthNormalized: 0,
      PositionNormalizeds: { Position: [0, 0] },
      PositionRefer: 'topLeft',
      Transparency: 255,
    },
    TextLayerContent: {
      Text: '',
      SizeNormalized: -1,
      BorderWidthNormalized: 0,
      FontName: 'KaiTi',
      Color: '0xff0000',
      BorderColor: '',
      Align: 'left',
    },
  });
});

test('a text with everything, as old samples write it: small letters, numbers and lists as text', async () => {
  const id = await add({
    LocationId: place(),
    ComponentName: 'Ticker',
    ComponentType: 'text',
    LayerOrder: 'background',
    Effect: 'animateH',
    CrawlSpeed: 0.25,
    ComponentLayer:
      '{"heightNormalized":"0.2","widthNormalized":"0","positionNormalized":["0.1","0.9"],"positionRefer":"bottomRight","transparency":"51"}',
    TextLayerContent:
      '{"text":"Zürich 早安\\nsecond","sizeNormalized":"0.1","borderWidthNormalized":0.05,"fontName":"NotoSansHans-Bold","color":"0x00FF7f","borderColor":"0x000000","align":"center"}',
  });
  expect(await overlays(id)).toEqual([
    {
      id,
      name: 'Ticker',
      order: 'background',
      content: {
        kind: 'text',
        text: 'Zürich 早安\nsecond',
        style: {
          font: 'NotoSansHans-Bold',
          size: 0.1,
          color: 0x00ff7f,
          outline: { color: 0, width: 0.05 },
          align: 'center',
        },
      },
      width: 0,
      height: 0.2,
      x: 0.1,
      y: 0.9,
      refer: 'bottomRight',
      opacity: 0.2,
      effect: 'crawlH',
      crawlSpeed: 0.25,
    },
  ]);
  const moved = { ComponentId: id, ComponentLayer: '{"PositionNormalized":"[0.5,0.25]","PositionRefer":"center"}' };
  await studio.call('ModifyCasterComponent', { ...moved, TextLayerContent: '{"Text":"new"}', Effect: 'animateV' });
  // What is shown stays as it was applied; what was not sent stays as it was stored.
  expect(studio.desired().pgm.overlays).toMatchObject([{ effect: 'crawlH', content: { text: 'Zürich 早安\nsecond' } }]);
  expect(await overlays(id)).toMatchObject([
    { effect: 'crawlV', x: 0.5, y: 0.25, refer: 'center', height: 0.2, content: { text: 'new', style: { size: 0.1 } } },
  ]);
  const dyed = { ComponentId: id, ComponentLayer: '{"Transparency":255}', TextLayerContent: '{"Color":"0xffffff"}' };
  await studio.call('ModifyCasterComponent', dyed);
  expect(await overlays(id)).toMatchObject([
    { opacity: 1, x: 0.5, refer: 'center', content: { text: 'new', style: { color: 0xffffff, align: 'center' } } },
  ]);
});

test('pictures come by URL, which is checked', async () => {
  const image = { ComponentType: 'image', ComponentLayer: '{"HeightNormalized":0.2}' };
  const id = await add({
    ...image,
    LocationId: place(),
    ImageLayerContent: '{"ImageUrl":"https://a.example/logo.gif"}',
  });
  expect(await overlays(id)).toMatchObject([{ content: { kind: 'image', url: 'https://a.example/logo.gif' } }]);
  expect(await describe(id)).toMatchObject({ ImageLayerContent: { ImageUrl: 'https://a.example/logo.gif' } });
  for (const content of [
    '{"MaterialId":"x"}',
    '{}',
    '{"ImageUrl":"file:///etc/passwd"}',
    '{"ImageUrl":"http://[::1]/"}',
  ]) {
    const refused = { ...image, LocationId: 'RC99', ImageLayerContent: content };
    expect(await studio.refusal('AddCasterComponent', refused)).toBe('InvalidParameter.Malformed');
  }
});

test('captions show what is sent to them', async () => {
  const id = await add({
    LocationId: 'RV01',
    ComponentType: 'caption',
    ComponentLayer: '{"PositionRefer":"bottomCenter"}',
    CaptionLayerContent:
      '{"SourceLan":"en","ShowSourceLan":"true","Truncation":true,"SourceLanPerLineWordCount":"30","SourceLanReservePages":3,"PtsOffset":-20,"WordsCount":40,"SizeNormalized":0.04}',
  });
  expect(await describe(id)).toMatchObject({
    ComponentType: 'caption',
    LocationId: 'RV01',
    CaptionLayerContent: {
      LocationId: 'RV01',
      SourceLan: 'en',
      ShowSourceLan: true,
      Truncation: true,
      WordCountPerLine: 30,
      SourceLanReservePages: 3,
      PtsOffset: -20,
      WordsCount: 40,
      SizeNormalized: 0.04,
    },
  });
  expect(await overlays(id)).toMatchObject([
    { content: { kind: 'caption', perLine: 30, lines: 3, style: { size: 0.04 } } },
  ]);
  await studio.call('SendCasterCaption', { ComponentId: id, Text: 'Good evening\r\nand welcome' });
  await studio.call('SendCasterCaption', { ComponentId: id });
  expect(api.runtime.captions).toEqual([
    { componentId: id, text: 'Good evening\nand welcome' },
    { componentId: id, text: '' },
  ]);
  const words = await add(text({ Text: 'x' }));
  expect(await studio.refusal('SendCasterCaption', { ComponentId: words, Text: 'x' })).toBe(
    'InvalidParameter.Malformed',
  );
  expect(await studio.refusal('SendCasterCaption', { ComponentId: 'none', Text: 'x' })).toBe(
    'InvalidComponent.NotFound',
  );
  expect(await studio.refusal('SendCasterCaption', { ComponentId: id, Text: 'a\u0007' })).toBe('InvalidText');
  expect(await studio.refusal('SendCasterCaption', { ComponentId: id, Text: 'a'.repeat(1025) })).toBe('InvalidText');
  await studio.call('StopCaster');
  expect(await studio.refusal('SendCasterCaption', { ComponentId: id, Text: 'x' })).toBe('IncorrectCasterStatus.Idle');
  await studio.call('StartCaster');
});

test('scenes list their components from the bottom up; a deleted one is gone at once', async () => {
  const [a, b] = [await add(text({ Text: 'a' })), await add(text({ Text: 'b' }))];
  await studio.show(studio.pvw, studio.layouts.two, { 'ComponentId.1': b, 'ComponentId.2': a });
  await studio.take();
  const scenes = listOf(await studio.call('DescribeCasterScenes'), 'SceneList.Scene');
  expect(scenes.map(({ ComponentIds }) => ComponentIds)).toEqual([{ componentId: [b, a] }, { componentId: [b, a] }]);
  expect(await studio.call('DeleteCasterComponent', { ComponentId: b })).toMatchObject({ ComponentId: b });
  expect(studio.desired().pgm.overlays.map(({ id }) => id)).toEqual([a]);
  expect(studio.desired().pvw?.overlays.map(({ id }) => id)).toEqual([a]);
  await studio.call('DeleteCasterSceneConfig', { SceneId: studio.pgm, Type: 'Component' });
  expect(studio.desired().pgm).toMatchObject({ overlays: [], video: [{ source: 'RV02' }] });
  expect(await studio.refusal('DeleteCasterComponent', { ComponentId: b })).toBe('InvalidComponent.NotFound');
  expect(await studio.refusal('ModifyCasterComponent', { ComponentId: b })).toBe('InvalidComponent.NotFound');
  const unknown = { SceneId: studio.pgm, LayoutId: studio.layouts.one, 'ComponentId.1': b };
  expect(await studio.refusal('SetCasterSceneConfig', unknown)).toBe('InvalidComponent.NotFound');
  expect(await studio.refusal('UpdateCasterSceneConfig', unknown)).toBe('InvalidComponent.NotFound');
  expect(listOf(await studio.call('DescribeCasterComponents', { ComponentId: b }), 'Components.Component')).toEqual([]);
});

const caption = (content: unknown, more = {}) => ({
  LocationId: 'RC90',
  ComponentType: 'caption',
  ComponentLayer: '{}',
  CaptionLayerContent: JSON.stringify(content),
  ...more,
});

test.each<[Record<string, string | number>, string]>([
  [{ ComponentType: 'text', ComponentLayer: '{}', TextLayerContent: '{}' }, 'MissingLocationId'],
  [text({}, { LocationId: 'RC00' }), 'InvalidLocationId'],
  [text({}, { LocationId: 'RV01' }), 'InvalidLocationId'],
  [text({}, { ComponentType: 'banner' }), 'InvalidComponentType'],
  [text({}, { ComponentLayer: '' }), 'MissingComponentLayer'],
  [text({}, { ComponentLayer: '[' }), 'InvalidParameter.Malformed'],
  [text({}, { ComponentLayer: '{"HeightNormalized":1.5}' }), 'InvalidParameter.Malformed'],
  [text({}, { ComponentLayer: '{"PositionNormalized":[0.5]}' }), 'InvalidParameter.Malformed'],
  [text({}, { ComponentLayer: '{"PositionRefer":"middle"}' }), 'InvalidParameter.Malformed'],
  [text({}, { ComponentLayer: '{"Transparency":256}' }), 'InvalidParameter.Malformed'],
  [text({}, { ComponentLayer: '{"Height":1}' }), 'InvalidParameter.Malformed'],
  [text({}, { TextLayerContent: '' }), 'MissingTextLayerContent'],
  [text({}, { ImageLayerContent: '{"ImageUrl":"http://a.example/x.png"}' }), 'InvalidParameter.Malformed'],
  [text({}, { CrawlSpeed: 0 }), 'InvalidCrawlSpeed'],
  [text({}, { Effect: 'spin' }), 'InvalidEffect'],
  [text({ Text: 'a'.repeat(1025) }), 'InvalidParameter.Malformed'],
  [text({ Text: 'a\u0000' }), 'InvalidParameter.Malformed'],
  [text({ Color: 'red' }), 'InvalidParameter.Malformed'],
  [text({ FontName: 'Comic' }), 'InvalidParameter.Malformed'],
  [text({ SizeNormalized: -0.5 }), 'InvalidParameter.Malformed'],
  [text({}, { ComponentType: 'html' }), 'UnsupportedOperation'],
  [text({}, { HtmlLayerContent: '{"htmlUrl":"http://a.example"}' }), 'UnsupportedOperation'],
  [caption({}), 'InvalidParameter.Malformed'],
  [caption({ LocationId: 'RV09' }), 'InvalidResource.NotFound'],
  [caption({ LocationId: 'RV01', SourceLan: 'de' }), 'InvalidParameter.Malformed'],
  [caption({ LocationId: 'RV01' }, { LocationId: 'RV02' }), 'InvalidParameter.Malformed'],
  [text({}, { LocationId: 'RC98' }), 'DuplicateLocationID'],
])('%j is %s', async (params, code) => {
  expect(await studio.refusal('AddCasterComponent', params)).toBe(code);
});

test('the types that are offered are those that work', async () => {
  const banner = studio.call('AddCasterComponent', text({}, { ComponentType: 'banner' }));
  await expect(banner).rejects.toThrow('one of text, image, caption.');
});

test('another type needs its content; a studio has so many components', async () => {
  const id = await add(text({ Text: 'a' }));
  const change = { ComponentId: id, ComponentType: 'image' };
  expect(await studio.refusal('ModifyCasterComponent', change)).toBe('MissingImageLayerContent');
  expect(await studio.refusal('ModifyCasterComponent', { ComponentId: id, HtmlLayerContent: '{}' })).toBe(
    'UnsupportedOperation',
  );
  const content = { ImageLayerContent: '{"ImageUrl":"http://a.example/x.webp"}' };
  await studio.call('ModifyCasterComponent', { ...change, ...content });
  expect(await describe(id)).toMatchObject({ ComponentType: 'image' });
  const { Total } = await studio.call('DescribeCasterComponents');
  for (let count = Number(Total); count < 20; count++) await add(text({}));
  expect(await studio.refusal('AddCasterComponent', text({}))).toBe('UserQuotaExceed');
});
