import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync, constants, createZstdCompress, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';
import { decompress } from './decompress.ts';

const setting = 'ingest.max_decompressed_bytes';
const cap = 1_000_000;
const text = Buffer.from('{"message":"hello"}\n'.repeat(500));

const compressors: Record<string, { encoding: string; compress: (data: Uint8Array) => Buffer }> = {
  zstd: { encoding: 'zstd', compress: zstdCompressSync },
  gzip: { encoding: 'gzip', compress: gzipSync },
  'x-gzip': { encoding: 'X-GZip', compress: gzipSync },
  'deflate with zlib header': { encoding: 'deflate', compress: deflateSync },
  'deflate raw': { encoding: 'deflate', compress: deflateRawSync },
  br: { encoding: 'br', compress: brotliCompressSync },
};

function errorCode(run: () => unknown): ErrorCode | 'none' {
  try {
    run();
    return 'none';
  } catch (thrown) {
    assert.ok(thrown instanceof AppError, String(thrown));
    return thrown.code;
  }
}

describe('every encoding', () => {
  for (const [name, { encoding, compress }] of Object.entries(compressors)) {
    const body = compress(text);
    test(`${name}: returns the content`, () => assert.deepEqual(Buffer.from(decompress(body, encoding, cap, setting)), text));
    test(`${name}: a result of exactly the cap passes, one byte more does not`, () => {
      assert.equal(decompress(body, encoding, text.length, setting).length, text.length);
      assert.throws(() => decompress(body, encoding, text.length - 1, setting), {
        code: 'body_too_large',
        details: { setting, max_bytes: text.length - 1 },
      });
    });
    test(`${name}: cut short anywhere is an error, never a shorter content`, () => {
      for (let length = 0; length < body.length; length++) {
        assert.equal(
          errorCode(() => decompress(body.subarray(0, length), encoding, cap, setting)),
          'malformed_encoding',
          `${length} bytes`,
        );
      }
    });
    test(`${name}: bytes behind the end are an error`, () => {
      assert.equal(
        errorCode(() => decompress(Buffer.concat([body, Buffer.from('garbage')]), encoding, cap, setting)),
        'malformed_encoding',
      );
    });
    test(`${name}: other bytes are an error`, () => {
      assert.equal(
        errorCode(() => decompress(Buffer.from('{"logs":[]} is no archive'), encoding, cap, setting)),
        'malformed_encoding',
      );
    });
    test(`${name}: no content`, () => assert.equal(decompress(compress(Buffer.alloc(0)), encoding, cap, setting).length, 0));
    test(`${name}: random content comes back`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 3000 }), (data) => {
          assert.deepEqual(Uint8Array.from(decompress(compress(data), encoding, cap, setting)), data);
        }),
        { numRuns: 50 },
      );
    });
    test(`${name}: a damaged body ends in content within the cap or in an error`, () => {
      fc.assert(
        fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const damaged = Buffer.from(body);
          damaged[at] ^= flip;
          try {
            assert.ok(decompress(damaged, encoding, cap, setting).length <= cap);
          } catch (thrown) {
            assert.ok(thrown instanceof AppError && ['malformed_encoding', 'body_too_large'].includes(thrown.code), String(thrown));
          }
        }),
        { numRuns: 200 },
      );
    });
  }
});

describe('several members', () => {
  const other = Buffer.from('second');
  for (const name of ['zstd', 'gzip']) {
    const { encoding, compress } = compressors[name];
    test(`${name}: all are read`, () => {
      const body = Buffer.concat([compress(text), compress(other), compress(Buffer.alloc(0)), compress(other)]);
      assert.equal(Buffer.from(decompress(body, encoding, cap, setting)).toString(), `${text}${other}${other}`);
    });
    test(`${name}: the cap is on their sum`, () => {
      const body = Buffer.concat([compress(text), compress(text)]);
      assert.equal(decompress(body, encoding, 2 * text.length, setting).length, 2 * text.length);
      assert.equal(
        errorCode(() => decompress(body, encoding, 2 * text.length - 1, setting)),
        'body_too_large',
      );
      assert.equal(
        errorCode(() => decompress(body, encoding, text.length, setting)),
        'body_too_large',
      );
    });
    test(`${name}: a second one cut short is an error`, () => {
      const body = Buffer.concat([compress(text), compress(other).subarray(0, -2)]);
      assert.equal(
        errorCode(() => decompress(body, encoding, cap, setting)),
        'malformed_encoding',
      );
    });
  }
  test('gzip: zeros as padding are passed over', () => {
    assert.deepEqual(Buffer.from(decompress(Buffer.concat([gzipSync(text), Buffer.alloc(512)]), 'gzip', cap, setting)), text);
  });
  test('zstd: a body of endless empty frames is refused early', () => {
    const body = zstdCompressSync(Buffer.alloc(0));
    const many = Buffer.alloc(body.length * 200_000, body);
    assert.throws(() => decompress(many, 'zstd', cap, setting), { code: 'malformed_encoding', message: /more than 1024 frames/ });
    assert.equal(decompress(many.subarray(0, body.length * 1024), 'zstd', cap, setting).length, 0);
  });
  test('zstd: skippable frames are passed over, before, between and behind', () => {
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const body = Buffer.concat([skippable, zstdCompressSync(text), skippable, skippable, zstdCompressSync(other), skippable]);
    assert.equal(Buffer.from(decompress(body, 'zstd', cap, setting)).toString(), `${text}${other}`);
    assert.equal(
      errorCode(() => decompress(body.subarray(0, -1), 'zstd', cap, setting)),
      'malformed_encoding',
    );
  });
});

test('zstd frames that declare their size in every width', async () => {
  for (const size of [0, 1, 255, 256, 300, 65_791, 65_792, 200_000]) {
    const data = Buffer.alloc(size, 'a');
    const chunks: Buffer[] = [];
    const stream = createZstdCompress({ pledgedSrcSize: size });
    stream.end(data);
    for await (const chunk of stream) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    assert.equal(decompress(body, 'zstd', cap, setting).length, size);
    if (size > 0)
      assert.equal(
        errorCode(() => decompress(body, 'zstd', size - 1, setting)),
        'body_too_large',
        `${size}`,
      );
  }
});

describe('bombs stay within the cap', () => {
  const bombBytes = 512 * 2 ** 20;
  const capBytes = 8 * 2 ** 20;
  const zeros = Buffer.alloc(bombBytes / 8);
  const bombs: Record<string, () => Buffer> = {
    zstd: () => zstdCompressSync(zeros),
    gzip: () => gzipSync(zeros, { level: 1 }),
    deflate: () => deflateSync(zeros, { level: 1 }),
    br: () => brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  };
  for (const [encoding, make] of Object.entries(bombs)) {
    test(encoding, () => {
      const part = make();
      const body = encoding === 'zstd' || encoding === 'gzip' ? Buffer.concat(Array.from({ length: 8 }, () => part)) : part;
      const before = process.memoryUsage.rss();
      assert.equal(
        errorCode(() => decompress(body, encoding, capBytes, setting)),
        'body_too_large',
      );
      const grownBytes = process.memoryUsage.rss() - before;
      assert.ok(grownBytes < 6 * capBytes, `${encoding} grew by ${grownBytes} bytes`);
    });
  }
  test('a zstd frame that wants a window over the cap is refused before it is given one', () => {
    const hugeWindow = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0x01, 0x00, 0x00]);
    assert.equal(
      errorCode(() => decompress(hugeWindow, 'zstd', cap, setting)),
      'malformed_encoding',
    );
  });
  test('a zstd frame that declares more than the cap is refused unread', () => {
    const declares = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0x00, 0, 0, 0, 0, 1, 0, 0, 0]);
    assert.equal(
      errorCode(() => decompress(declares, 'zstd', cap, setting)),
      'body_too_large',
    );
  });
});

describe('encoding names', () => {
  const table: [encoding: string | undefined, expected: ErrorCode | 'none'][] = [
    [undefined, 'none'],
    ['', 'none'],
    ['identity', 'none'],
    [' Identity ', 'none'],
    ['identity, identity', 'none'],
    ['snappy', 'unsupported_encoding'],
    ['gzip, zstd', 'unsupported_encoding'],
    ['gzip,gzip', 'unsupported_encoding'],
    ['constructor', 'unsupported_encoding'],
    ['__proto__', 'unsupported_encoding'],
    ['toString', 'unsupported_encoding'],
  ];
  for (const [encoding, expected] of table) {
    test(JSON.stringify(encoding) ?? 'none', () =>
      assert.equal(
        errorCode(() => decompress(text, encoding, cap, setting)),
        expected,
      ),
    );
  }
  test('identity beside another one does not count', () => {
    assert.deepEqual(Buffer.from(decompress(gzipSync(text), 'identity, gzip', cap, setting)), text);
  });
  test('an uncompressed body obeys the cap, and is not copied', () => {
    assert.equal(decompress(text, undefined, text.length, setting), text);
    assert.equal(
      errorCode(() => decompress(text, undefined, text.length - 1, setting)),
      'body_too_large',
    );
  });
});
