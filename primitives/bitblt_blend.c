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

/* Rule 24: source * alpha + dest * (1 - alpha) for each component, rounded up; alpha is blended as if the source were opaque. */
uint32_t blit_blend(uint32_t source, uint32_t dest)
{
    uint32_t alpha = source >> 24;
    uint32_t rest = OPAQUE - alpha;
    uint32_t opaque = source | 0xFF000000;
    uint32_t low = (opaque & EVEN) * alpha + (dest & EVEN) * rest + EVEN;
    uint32_t high = (opaque >> 8 & EVEN) * alpha + (dest >> 8 & EVEN) * rest + EVEN;
    low = (low + (low >> 8 & EVEN)) >> 8 & EVEN;
    high = (high + (high >> 8 & EVEN)) >> 8 & EVEN;
    return low | high << 8;
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

#ifdef __SSE2__

/* 65536 / 255: its product's high half is a division, for what is at most 255 * 256. */
enum { LANES = 4, OVER_OPAQUE = 0x0101 };

/* The alpha of each of two pixels, unpacked to 16 bits a component, in all its components. */
static inline __m128i spread_alpha(__m128i pixels)
{
    __m128i low = _mm_shufflelo_epi16(pixels, _MM_SHUFFLE(3, 3, 3, 3));
    return _mm_shufflehi_epi16(low, _MM_SHUFFLE(3, 3, 3, 3));
}

static inline __m128i scale_two(__m128i source, __m128i dest)
{
    __m128i rest = _mm_xor_si128(spread_alpha(source), _mm_set1_epi16(OPAQUE));
    __m128i product = _mm_add_epi16(_mm_mullo_epi16(dest, rest), _mm_set1_epi16(128));
    return _mm_mulhi_epu16(product, _mm_set1_epi16(OVER_OPAQUE));
}

static inline __m128i scale_four(__m128i source, __m128i dest)
{
    __m128i zero = _mm_setzero_si128();
    __m128i low = scale_two(_mm_unpacklo_epi8(source, zero), _mm_unpacklo_epi8(dest, zero));
    __m128i high = scale_two(_mm_unpackhi_epi8(source, zero), _mm_unpackhi_epi8(dest, zero));
    return _mm_adds_epu8(source, _mm_packus_epi16(low, high));
}

static inline __m128i blend_two(__m128i source, __m128i opaque, __m128i dest)
{
    __m128i full = _mm_set1_epi16(OPAQUE);
    __m128i alpha = spread_alpha(source);
    __m128i sum = _mm_add_epi16(_mm_mullo_epi16(opaque, alpha),
                                _mm_mullo_epi16(dest, _mm_xor_si128(alpha, full)));
    return _mm_mulhi_epu16(_mm_add_epi16(sum, full), _mm_set1_epi16(OVER_OPAQUE));
}

static inline __m128i blend_four(__m128i source, __m128i dest)
{
    __m128i zero = _mm_setzero_si128();
    __m128i opaque = _mm_or_si128(source, _mm_set1_epi32((int)0xFF000000));
    __m128i low = blend_two(_mm_unpacklo_epi8(source, zero), _mm_unpacklo_epi8(opaque, zero),
                            _mm_unpacklo_epi8(dest, zero));
    __m128i high = blend_two(_mm_unpackhi_epi8(source, zero), _mm_unpackhi_epi8(opaque, zero),
                             _mm_unpackhi_epi8(dest, zero));
    return _mm_packus_epi16(low, high);
}

/* A bit for each pixel's alpha that is as `alpha`, which stands in the high byte of each lane. */
static inline int alphas_equal(__m128i source, __m128i alpha)
{
    return _mm_movemask_epi8(_mm_cmpeq_epi8(source, alpha)) & 0x8888;
}

enum { ALL_ALPHAS = 0x8888 };

#endif

void blit_blend_row(struct blit_merge *merge, uint32_t *dest, const uint32_t *source, size_t count)
{
    size_t i = 0;
    (void)merge;
#ifdef __SSE2__
    for (; i + LANES <= count; i += LANES) {
        __m128i from = _mm_loadu_si128((const __m128i *)(const void *)(source + i));
        if (alphas_equal(from, _mm_setzero_si128()) == ALL_ALPHAS)
            continue;
        if (alphas_equal(from, _mm_set1_epi32(-1)) != ALL_ALPHAS)
            from = blend_four(from, _mm_loadu_si128((const __m128i *)(const void *)(dest + i)));
        _mm_storeu_si128((__m128i *)(void *)(dest + i), from);
    }
#endif
    for (; i < count; i++)
        dest[i] = blit_blend(source[i], dest[i]);
}

void blit_blend_scaled_row(struct blit_merge *merge, uint32_t *dest, const uint32_t *source,
                           size_t count)
{
    size_t i = 0;
    bool skips = merge->skips_clear;
#ifdef __SSE2__
    __m128i zero = _mm_setzero_si128();
    for (; i + LANES <= count; i += LANES) {
        __m128i from = _mm_loadu_si128((const __m128i *)(const void *)(source + i));
        if (skips) {
            /* A pixel that is skipped is one that adds nothing. */
            __m128i clear = _mm_cmpeq_epi32(_mm_srli_epi32(from, 24), zero);
            if (_mm_movemask_epi8(clear) == 0xFFFF)
                continue;
            from = _mm_andnot_si128(clear, from);
        }
        if (alphas_equal(from, _mm_set1_epi32(-1)) != ALL_ALPHAS)
            from = scale_four(from, _mm_loadu_si128((const __m128i *)(const void *)(dest + i)));
        _mm_storeu_si128((__m128i *)(void *)(dest + i), from);
    }
#endif
    for (; i < count; i++)
        if (!skips || source[i] >> 24 != 0)
            dest[i] = blit_blend_scaled(source[i], dest[i]);
}
