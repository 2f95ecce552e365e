/*
 * Alpha blending of pixels of 32 bits, four at a time where the machine can. Both ways give the same bits.
 */
#include "primitives/bitblt_rules.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { OPAQUE = 255 };

/* Two components apart: bits 0-7 and 16-23 of a word, or of a word shifted by eight. */
static const uint32_t EVEN = 0x00FF00FF;

uint32_t blit_mix(uint32_t source, uint32_t dest, uint32_t alpha)
{
    uint32_t rest = OPAQUE - alpha;
    uint32_t low = (source & EVEN) * alpha + (dest & EVEN) * rest + EVEN;
    uint32_t high = (source >> 8 & EVEN) * alpha + (dest >> 8 & EVEN) * rest + EVEN;
    low = (low + (low >> 8 & EVEN)) >> 8 & EVEN;
    high = (high + (high >> 8 & EVEN)) >> 8 & EVEN;
    return low | high << 8;
}

/* Rule 24. Alpha is blended as if the source were opaque. */
uint32_t blit_blend(uint32_t source, uint32_t dest)
{
    return blit_mix(source | 0xFF000000, dest, source >> 24);
}

/* Two components of dest times rest / 255, rounded to the nearest. */
static inline uint32_t scale_pair(uint32_t pair, uint32_t rest)
{
    uint32_t product = pair * rest + 0x00800080;
    return (product + (product >> 8 & EVEN)) >> 8 & EVEN;
}

static inline uint32_t add_pair(uint32_t left, uint32_t right)
{
    uint32_t sum = left + right;
    uint32_t carries = sum & 0x01000100;
    return (sum | (carries - (carries >> 8))) & EVEN;
}

/* Rule 34: source + dest * (1 - alpha) for each component, alpha too; no component passes 255. */
uint32_t blit_blend_scaled(uint32_t source, uint32_t dest)
{
    uint32_t rest = OPAQUE - (source >> 24);
    uint32_t low = add_pair(source & EVEN, scale_pair(dest & EVEN, rest));
    uint32_t high = add_pair(source >> 8 & EVEN, scale_pair(dest >> 8 & EVEN, rest));
    return low | high << 8;
}

/* 65536 / 255: its product's high half is a division, for what is at most 255 * 256. */
enum { OVER_OPAQUE = 0x0101 };

#ifdef __SSE2__

enum { LANES = 4, ALL_ALPHAS = 0x8888 };

static inline __m128i load_four(const uint32_t *pixels)
{
    return _mm_loadu_si128((const __m128i *)(const void *)pixels);
}

static inline void store_four(uint32_t *pixels, __m128i value)
{
    _mm_storeu_si128((__m128i *)(void *)pixels, value);
}

/* Whether all four alphas are as the bytes of `alphas`. */
static inline bool same_alphas(__m128i pixels, __m128i alphas)
{
    return (_mm_movemask_epi8(_mm_cmpeq_epi8(pixels, alphas)) & ALL_ALPHAS) == ALL_ALPHAS;
}

static inline __m128i without_clear(__m128i pixels)
{
    __m128i clear = _mm_cmpeq_epi32(_mm_srli_epi32(pixels, 24), _mm_setzero_si128());
    return _mm_andnot_si128(clear, pixels);
}

/* Components apart, in lanes of 16 bits: blue and red, green and alpha. */
static inline __m128i even_parts(__m128i pixels)
{
    return _mm_and_si128(pixels, _mm_set1_epi16(OPAQUE));
}

static inline __m128i odd_parts(__m128i pixels)
{
    return _mm_srli_epi16(pixels, 8);
}

static inline __m128i join_parts(__m128i even, __m128i odd)
{
    return _mm_or_si128(even, _mm_slli_epi16(odd, 8));
}

/* The alpha of each pixel in both of its lanes. */
static inline __m128i alpha_parts(__m128i pixels)
{
    __m128i alpha = _mm_srli_epi32(pixels, 24);
    return _mm_or_si128(alpha, _mm_slli_epi32(alpha, 16));
}

/* A product of two components plus 128 or 255, over 255: rounded to the nearest or up. */
static inline __m128i over_opaque(__m128i sum)
{
    return _mm_mulhi_epu16(sum, _mm_set1_epi16(OVER_OPAQUE));
}

static inline __m128i scale_four(__m128i source, __m128i dest)
{
    __m128i half = _mm_set1_epi16(128);
    __m128i rest = _mm_xor_si128(alpha_parts(source), _mm_set1_epi16(OPAQUE));
    __m128i even = over_opaque(_mm_add_epi16(_mm_mullo_epi16(even_parts(dest), rest), half));
    __m128i odd = over_opaque(_mm_add_epi16(_mm_mullo_epi16(odd_parts(dest), rest), half));
    return _mm_adds_epu8(source, join_parts(even, odd));
}

static inline __m128i blend_parts(__m128i source, __m128i dest, __m128i alpha, __m128i rest)
{
    __m128i sum = _mm_add_epi16(_mm_mullo_epi16(source, alpha), _mm_mullo_epi16(dest, rest));
    return over_opaque(_mm_add_epi16(sum, _mm_set1_epi16(OPAQUE)));
}

static inline __m128i blend_four(__m128i source, __m128i dest)
{
    __m128i alpha = alpha_parts(source);
    __m128i rest = _mm_xor_si128(alpha, _mm_set1_epi16(OPAQUE));
    __m128i opaque = _mm_or_si128(odd_parts(source), _mm_set1_epi32(OPAQUE << 16));
    return join_parts(blend_parts(even_parts(source), even_parts(dest), alpha, rest),
                      blend_parts(opaque, odd_parts(dest), alpha, rest));
}

#endif

void blit_blend_row(struct blit_merge *merge, uint32_t *dest, const uint32_t *source, size_t count)
{
    size_t i = 0;
    (void)merge;
#ifdef __SSE2__
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        __m128i first = load_four(source + i);
        __m128i second = load_four(source + i + LANES);
        if (same_alphas(_mm_or_si128(first, second), _mm_setzero_si128()))
            continue;
        if (!same_alphas(_mm_and_si128(first, second), _mm_set1_epi32(-1))) {
            first = blend_four(first, load_four(dest + i));
            second = blend_four(second, load_four(dest + i + LANES));
        }
        store_four(dest + i, first);
        store_four(dest + i + LANES, second);
    }
#endif
    for (; i < count; i++)
        dest[i] = blit_blend(source[i], dest[i]);
}

/* Pixels that add nothing stand for those that are skipped: their colour is taken away. */
static inline void scaled_row(uint32_t *dest, const uint32_t *source, size_t count, bool skips)
{
    size_t i = 0;
#ifdef __SSE2__
    const __m128i zero = _mm_setzero_si128();
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        __m128i first = load_four(source + i);
        __m128i second = load_four(source + i + LANES);
        if (!same_alphas(_mm_and_si128(first, second), _mm_set1_epi32(-1))) {
            if (skips && same_alphas(_mm_or_si128(first, second), zero))
                continue;
            if (skips) {
                first = without_clear(first);
                second = without_clear(second);
            }
            first = scale_four(first, load_four(dest + i));
            second = scale_four(second, load_four(dest + i + LANES));
        }
        store_four(dest + i, first);
        store_four(dest + i + LANES, second);
    }
#endif
    for (; i < count; i++)
        if (!skips || source[i] >> 24 != 0)
            dest[i] = blit_blend_scaled(source[i], dest[i]);
}

void blit_blend_scaled_row(struct blit_merge *merge, uint32_t *dest, const uint32_t *source,
                           size_t count)
{
    if (merge->skips_clear)
        scaled_row(dest, source, count, true);
    else
        scaled_row(dest, source, count, false);
}
