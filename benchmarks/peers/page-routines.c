/*
 * What a program in C does with pages, for comparison: tell whether they are zero, and write and apply differences in the XBZRLE form.
 * The scan uses the widest registers that the processor has, as QEMU's does; the encoder compares words, as QEMU's plain one does.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { page_bytes = 4096 };

__attribute__((target("avx2"))) static int is_zero_avx2(const uint8_t *page)
{
    for (int at = 0; at < page_bytes; at += 128) {
        const __m256i *part = (const __m256i *)(page + at);
        __m256i any = _mm256_or_si256(
            _mm256_or_si256(_mm256_loadu_si256(part), _mm256_loadu_si256(part + 1)),
            _mm256_or_si256(_mm256_loadu_si256(part + 2), _mm256_loadu_si256(part + 3)));
        if (!_mm256_testz_si256(any, any)) {
            return 0;
        }
    }
    return 1;
}

static int is_zero_sse2(const uint8_t *page)
{
    for (int at = 0; at < page_bytes; at += 64) {
        const __m128i *part = (const __m128i *)(page + at);
        __m128i any = _mm_or_si128(
            _mm_or_si128(_mm_loadu_si128(part), _mm_loadu_si128(part + 1)),
            _mm_or_si128(_mm_loadu_si128(part + 2), _mm_loadu_si128(part + 3)));
        if (_mm_movemask_epi8(_mm_cmpeq_epi8(any, _mm_setzero_si128())) != 0xffff) {
            return 0;
        }
    }
    return 1;
}

long count_zero(const uint8_t *pages, long count)
{
    int (*is_zero)(const uint8_t *) = __builtin_cpu_supports("avx2") ? is_zero_avx2 : is_zero_sse2;
    long zero = 0;
    for (long i = 0; i < count; i++) {
        zero += is_zero(pages + i * page_bytes);
    }
    return zero;
}

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static int put_length(uint8_t *to, int length)
{
    if (length < 0x80) {
        to[0] = (uint8_t)length;
        return 1;
    }
    to[0] = (uint8_t)(length | 0x80);
    to[1] = (uint8_t)(length >> 7);
    return 2;
}

/* Where the run of equal bytes ends that begins at this place. */
static int end_of_equal(const uint8_t *before, const uint8_t *now, int at)
{
    for (; at % 8 != 0; at++) {
        if (before[at] != now[at]) {
            return at;
        }
    }
    while (at < page_bytes && word_at(before + at) == word_at(now + at)) {
        at += 8;
    }
    while (at < page_bytes && before[at] == now[at]) {
        at++;
    }
    return at;
}

/* Where the run of different bytes ends: a word of differences without a zero byte is passed over as a whole. */
static int end_of_different(const uint8_t *before, const uint8_t *now, int at)
{
    const uint64_t ones = 0x0101010101010101u;
    for (; at % 8 != 0; at++) {
        if (before[at] == now[at]) {
            return at;
        }
    }
    while (at < page_bytes) {
        uint64_t difference = word_at(before + at) ^ word_at(now + at);
        if (((difference - ones) & ~difference & (ones << 7)) != 0) {
            break;
        }
        at += 8;
    }
    while (at < page_bytes && before[at] != now[at]) {
        at++;
    }
    return at;
}

static int encode(const uint8_t *before, const uint8_t *now, uint8_t *to)
{
    int written = 0;
    for (int at = 0; at < page_bytes;) {
        if (written + 2 > page_bytes) {
            return -1;
        }
        int end = end_of_equal(before, now, at);
        if (end == page_bytes) {
            break;
        }
        written += put_length(to + written, end - at);
        if (written + 2 > page_bytes) {
            return -1;
        }
        at = end;
        end = end_of_different(before, now, at);
        written += put_length(to + written, end - at);
        if (written + end - at > page_bytes) {
            return -1;
        }
        memcpy(to + written, now + at, (size_t)(end - at));
        written += end - at;
        at = end;
    }
    return written;
}

/* Encodes pages, each into a page of its own; lengths get -1 where a difference does not fit. */
void encode_pages(const uint8_t *before, const uint8_t *now, long count, uint8_t *to, int *lengths)
{
    for (long i = 0; i < count; i++) {
        lengths[i] = encode(before + i * page_bytes, now + i * page_bytes, to + i * page_bytes);
    }
}

static int get_length(const uint8_t *from, int left, int *length)
{
    if (left < 2) {
        return 0;
    }
    *length = from[0];
    if (*length < 0x80) {
        return 1;
    }
    *length = (*length & 0x7f) | (from[1] << 7);
    return from[1] < 0x80 ? 2 : 0;
}

static int decode(const uint8_t *from, int length, uint8_t *page)
{
    int to = 0;
    for (int at = 0; at < length;) {
        int equal;
        int different;
        int taken = get_length(from + at, length - at, &equal);
        if (taken == 0 || (at > 0 && equal == 0)) {
            return -1;
        }
        at += taken;
        to += equal;
        taken = get_length(from + at, length - at, &different);
        if (taken == 0 || different == 0) {
            return -1;
        }
        at += taken;
        if (to + different > page_bytes || at + different > length) {
            return -1;
        }
        memcpy(page + to, from + at, (size_t)different);
        to += different;
        at += different;
    }
    return to;
}

/* Applies differences; those that did not fit are left out. */
void decode_pages(const uint8_t *from, const int *lengths, long count, uint8_t *pages)
{
    for (long i = 0; i < count; i++) {
        if (lengths[i] > 0) {
            decode(from + i * page_bytes, lengths[i], pages + i * page_bytes);
        }
    }
}
