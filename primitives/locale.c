/*
 * LocalePlugin: what the person's environment says of language, country and formats. The process keeps the locale it has: that of
 * the environment is opened beside it and only asked. What the environment does not say fails, and the image keeps its own idea.
 */
#include "primitives/functions.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>

enum { NAME_PART_MAX = 16, FORMAT_SIZE = 128, LETTERS_MAX = 16, SECONDS_A_MINUTE = 60 };

/* The name of the locale for a category: LC_ALL, the category's own variable, LANG. NULL for none, C and POSIX. */
static const char *locale_name(const char *category)
{
    const char *const variables[] = {"LC_ALL", category, "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0') {
            size_t size = strcspn(value, ".@");
            bool plain =
                (size == 1 && value[0] == 'C') || (size == 5 && strncmp(value, "POSIX", 5) == 0);
            return plain ? NULL : value;
        }
    }
    return NULL;
}

/* One part of a name language_COUNTRY.encoding@variant; fails where it has none. */
static prim_result answer_part(struct vm *vm, const prim_call *call, bool country)
{
    const char *name = locale_name("LC_MESSAGES");
    if (name == NULL)
        return PRIM_NOT_FOUND;
    size_t size = strcspn(name, "_.@");
    if (country) {
        if (name[size] != '_')
            return PRIM_NOT_FOUND;
        name += size + 1;
        size = strcspn(name, ".@");
    }
    return size == 0 || size > NAME_PART_MAX ? PRIM_NOT_FOUND : answer_string(vm, call, name, size);
}

prim_result prim_locale_language(struct vm *vm, const prim_call *call)
{
    return answer_part(vm, call, false);
}

prim_result prim_locale_country(struct vm *vm, const prim_call *call)
{
    return answer_part(vm, call, true);
}

/* One item of the locale of a category, copied; false where the environment names none that the system has. */
static bool langinfo(const char *category, int mask, nl_item item, char text[FORMAT_SIZE])
{
    const char *name = locale_name(category);
    locale_t locale = name == NULL ? (locale_t)0 : newlocale(mask, name, (locale_t)0);
    if (locale == (locale_t)0)
        return false;
    const char *value = nl_langinfo_l(item, locale);
    size_t size = strlen(value);
    bool fits = size < FORMAT_SIZE;
    if (fits)
        memcpy(text, value, size + 1);
    freelocale(locale);
    return fits;
}

static prim_result answer_item(struct vm *vm, const prim_call *call, const char *category, int mask,
                               nl_item item, size_t skipped)
{
    char text[FORMAT_SIZE];
    if (!langinfo(category, mask, item, text) || strlen(text) < skipped)
        return PRIM_NOT_FOUND;
    return answer_string(vm, call, text + skipped, strlen(text + skipped));
}

prim_result prim_locale_decimal_symbol(struct vm *vm, const prim_call *call)
{
    return answer_item(vm, call, "LC_NUMERIC", LC_NUMERIC_MASK, RADIXCHAR, 0);
}

prim_result prim_locale_grouping_symbol(struct vm *vm, const prim_call *call)
{
    return answer_item(vm, call, "LC_NUMERIC", LC_NUMERIC_MASK, THOUSEP, 0);
}

/* The first character of the item says where the symbol stands. */
prim_result prim_locale_currency_symbol(struct vm *vm, const prim_call *call)
{
    return answer_item(vm, call, "LC_MONETARY", LC_MONETARY_MASK, CRNCYSTR, 1);
}

/* Whether the symbol of the currency comes before the amount. */
prim_result prim_locale_currency_notation(struct vm *vm, const prim_call *call)
{
    char text[FORMAT_SIZE];
    if (!langinfo("LC_MONETARY", LC_MONETARY_MASK, CRNCYSTR, text))
        return PRIM_NOT_FOUND;
    return answer_boolean(vm, call, text[0] == '-');
}

/* Three countries measure in other units. */
prim_result prim_locale_is_metric(struct vm *vm, const prim_call *call)
{
    const char *name = locale_name("LC_MEASUREMENT");
    const char *country = name == NULL ? NULL : strchr(name, '_');
    bool other =
        country != NULL && (strncmp(country, "_US", 3) == 0 || strncmp(country, "_LR", 3) == 0 ||
                            strncmp(country, "_MM", 3) == 0);
    return answer_boolean(vm, call, !other);
}

/* --- dates and times --------------------------------------------------------------------------------------------------------- */

/* What images write for a conversion of strftime; NULL for one that they have no letters for. */
static const char *letters_for(char conversion)
{
    static const struct {
        char conversion;
        const char *letters;
    } rows[] = {{'d', "dd"},        {'e', "d"},          {'m', "mm"},       {'b', "mmm"},
                {'h', "mmm"},       {'B', "mmmm"},       {'y', "yy"},       {'Y', "yyyy"},
                {'a', "ddd"},       {'A', "dddd"},       {'H', "HH"},       {'I', "hh"},
                {'l', "h"},         {'M', "mm"},         {'S', "ss"},       {'p', "x"},
                {'D', "mm/dd/yy"},  {'F', "yyyy-mm-dd"}, {'T', "HH:mm:ss"}, {'R', "HH:mm"},
                {'r', "hh:mm:ss x"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].conversion == conversion)
            return rows[i].letters;
    return NULL;
}

/* Cut short where a conversion has no letters, such as a time zone. */
static prim_result answer_format(struct vm *vm, const prim_call *call, nl_item item)
{
    char format[FORMAT_SIZE];
    char text[FORMAT_SIZE * 4];
    size_t size = 0;
    if (!langinfo("LC_TIME", LC_TIME_MASK, item, format))
        return PRIM_NOT_FOUND;
    for (const char *each = format; *each != '\0' && size < sizeof text - LETTERS_MAX; each++) {
        if (*each != '%' || each[1] == '\0') {
            text[size++] = *each;
            continue;
        }
        for (each++; (*each == '-' || *each == 'E' || *each == 'O') && each[1] != '\0'; each++)
            ;
        const char *letters = letters_for(*each);
        if (letters == NULL)
            break;
        memcpy(text + size, letters, strlen(letters));
        size += strlen(letters);
    }
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return size == 0 ? PRIM_NOT_FOUND : answer_string(vm, call, text, size);
}

prim_result prim_locale_short_date(struct vm *vm, const prim_call *call)
{
    return answer_format(vm, call, D_FMT);
}

prim_result prim_locale_long_date(struct vm *vm, const prim_call *call)
{
    return answer_format(vm, call, D_T_FMT);
}

prim_result prim_locale_time(struct vm *vm, const prim_call *call)
{
    return answer_format(vm, call, T_FMT);
}

static bool local_time(struct tm *now)
{
    time_t seconds = time(NULL);
    return localtime_r(&seconds, now) != NULL;
}

/* Minutes that the clocks here are ahead of UTC. */
prim_result prim_locale_offset(struct vm *vm, const prim_call *call)
{
    struct tm now;
    return local_time(&now) ? answer_integer(vm, call, now.tm_gmtoff / SECONDS_A_MINUTE)
                            : PRIM_NOT_FOUND;
}

prim_result prim_locale_daylight_saving(struct vm *vm, const prim_call *call)
{
    struct tm now;
    return local_time(&now) ? answer_boolean(vm, call, now.tm_isdst > 0) : PRIM_NOT_FOUND;
}
