/*
 * The combination rules of BitBlt (bitblt.h): what a word of the destination becomes. The source's word is mapped and and-ed
 * with the halftone already. Pixels outside the rectangle are zeros in both, or what is there (bitblt_transfer.h); what a rule
 * makes of them is not stored.
 */
#ifndef VIV_PRIMITIVES_BITBLT_RULES_H
#define VIV_PRIMITIVES_BITBLT_RULES_H

#include "primitives/bitblt_color.h"
#include "vm/base/assert.h"

#include <stddef.h>

enum {
    BLIT_COPY = 3,
    BLIT_OLD_DIFFERENCE = 22,
    BLIT_OLD_TALLY = 23,
    BLIT_ALPHA_BLEND = 24,
    BLIT_PAINT = 25,
    BLIT_ALPHA_CONST = 30,
    BLIT_PAINT_CONST = 31,
    BLIT_DIFFERENCE = 32,
    BLIT_TALLY = 33,
    BLIT_ALPHA_SCALED = 34,
    BLIT_COMPONENT_ALPHA = 41,
    BLIT_RULES = 42
};

/* A colour that is drawn through source pixels whose components are opacities. */
struct blit_component {
    uint32_t color;
    uint8_t alpha;
    const uint8_t *gamma;   /* 256 bytes, or NULL: from linear light to stored components */
    const uint8_t *ungamma; /* the other way */
};

struct blit_merge {
    unsigned depth;      /* of the destination, and so of both words */
    uint32_t pixel_mask; /* of the lowest pixel */
    uint32_t mask;       /* the pixels of the word that lie inside */
    /* Rule 34 leaves the destination where the source's alpha is zero, whatever its colour. */
    bool skips_clear;
    uint8_t alpha;
    const struct blit_component *component;
    const struct blit_map *map;
    uint32_t bit_count;
    /* Boolean rules: an exclusive or of these, where their words have ones. */
    uint32_t always, by_source, by_dest, by_both;
};

typedef uint32_t blit_word_function(struct blit_merge *merge, uint32_t source, uint32_t dest);
/* All of count whole words; source may overlap a destination that lies before it. */
typedef void blit_row_function(struct blit_merge *merge, uint32_t *dest, const uint32_t *source,
                               size_t count);

struct blit_rule {
    const char *name;
    blit_word_function *word; /* NULL: there is no such rule */
    blit_row_function *row;   /* NULL: word by word */
};

const struct blit_rule *blit_rule_at(unsigned rule);
bool blit_rule_is_known(unsigned rule);

/* Rules that take nothing from the source, those that count instead of drawing, and those that count in the map's table. */
bool blit_rule_ignores_source(unsigned rule);
bool blit_rule_counts(unsigned rule);
bool blit_rule_tallies(unsigned rule);

/* Makes a merge ready for a rule and a depth; the caller adds what the rule needs besides. */
void blit_merge_open(struct blit_merge *merge, unsigned rule, unsigned depth);

/* Rule 34 and rule 41 for single pixels of 32 bits. */
uint32_t blit_blend_scaled(uint32_t source, uint32_t dest);
uint32_t blit_blend_components(const struct blit_component *component, uint32_t source,
                               uint32_t dest);

/* bitblt_blend.c: rows of pixels of 32 bits. */
blit_row_function blit_blend_row;
blit_row_function blit_blend_scaled_row;
/* Rule 24 for one word. */
uint32_t blit_blend(uint32_t source, uint32_t dest);
/* Each of four components: source * alpha + dest * (255 - alpha), over 255, rounded up. */
uint32_t blit_mix(uint32_t source, uint32_t dest, uint32_t alpha);

#endif
