/* What classes know of their traits: compositions, users, and the origin of each copied method. */
#include "image/bootstrap/genesis_internal.h"

static oop side_object(struct genesis *genesis, const struct model_class *class, bool class_side)
{
    const struct class_objects *objects = genesis_objects(genesis, class);
    return class_side ? objects->metaclass : objects->class;
}

static oop symbol_array(struct genesis *genesis, const struct list *names)
{
    oop array = maker_array(&genesis->maker, names->count);
    for (size_t i = 0; i < names->count; i++)
        maker_store(&genesis->maker, array, i,
                    genesis_symbol(genesis, *(struct text *)names->items[i]));
    return array;
}

static oop alias_array(struct genesis *genesis, const struct composition *aliases)
{
    oop array = maker_array(&genesis->maker, aliases->names.count);
    for (size_t i = 0; i < aliases->names.count; i++) {
        oop new_name = genesis_symbol(genesis, *(struct text *)aliases->names.items[i]);
        oop old_name = genesis_symbol(genesis, *(struct text *)aliases->old_names.items[i]);
        maker_store(&genesis->maker, array, i, genesis_association(genesis, new_name, old_name));
    }
    return array;
}

static oop composition_object(struct genesis *genesis, const struct composition *composition);

static oop transformation(struct genesis *genesis, const struct composition *composition)
{
    static const struct {
        const char *class;
        const char *slot;
    } kinds[] = {[COMPOSITION_REMOVE_METHODS] = {"TaRemoveMethod", "exclusions"},
                 [COMPOSITION_REMOVE_VARIABLES] = {"TaRemoveSlot", "names"},
                 [COMPOSITION_ALIAS] = {"TaAliasMethod", "aliases"}};
    const char *class = kinds[composition->kind].class;
    oop object = genesis_instance(genesis, class);
    oop array = composition->kind == COMPOSITION_ALIAS ? alias_array(genesis, composition)
                                                       : symbol_array(genesis, &composition->names);
    genesis_set(genesis, object, class, "subject",
                composition_object(genesis, composition->parts.items[0]));
    genesis_set(genesis, object, class, kinds[composition->kind].slot, array);
    return object;
}

static oop precedence(struct genesis *genesis, const struct composition *composition)
{
    oop object = genesis_instance(genesis, "TaPrecedenceComposition");
    genesis_set(genesis, object, "TaPrecedenceComposition", "subject",
                composition_object(genesis, composition->parts.items[0]));
    genesis_set(genesis, object, "TaPrecedenceComposition", "preferred",
                composition_object(genesis, composition->parts.items[1]));
    return object;
}

static oop sum(struct genesis *genesis, const struct composition *composition)
{
    oop members = maker_array(&genesis->maker, composition->parts.count);
    for (size_t i = 0; i < composition->parts.count; i++)
        maker_store(&genesis->maker, members, i,
                    composition_object(genesis, composition->parts.items[i]));
    oop object = genesis_instance(genesis, "TaSequence");
    genesis_set(genesis, object, "TaSequence", "members", members);
    return object;
}

static oop composition_object(struct genesis *genesis, const struct composition *composition)
{
    if (composition == NULL ||
        (composition->kind == COMPOSITION_SUM && composition->parts.count == 0))
        return genesis_instance(genesis, "TaEmptyComposition");
    if (composition->kind == COMPOSITION_SUM)
        return sum(genesis, composition);
    if (composition->kind == COMPOSITION_PRECEDENCE)
        return precedence(genesis, composition);
    if (composition->kind != COMPOSITION_TRAIT)
        return transformation(genesis, composition);
    oop object = genesis_instance(genesis, "TaSingleComposition");
    genesis_set(genesis, object, "TaSingleComposition", "trait",
                side_object(genesis, composition->trait, composition->is_class_side));
    return object;
}

static oop slot_name_array(struct genesis *genesis, const struct model_side *side)
{
    struct list names = {NULL, 0, 0};
    for (size_t i = side->own_count; i < side->variables.count; i++) {
        struct model_variable *variable = side->variables.items[i];
        list_add(&names, &variable->name);
    }
    return symbol_array(genesis, &names);
}

static oop user_array(struct genesis *genesis, const struct list *users)
{
    oop array = maker_array(&genesis->maker, users->count);
    for (size_t i = 0; i < users->count; i++) {
        const struct model_side_of *user = users->items[i];
        maker_store(&genesis->maker, array, i,
                    side_object(genesis, user->class, user->is_class_side));
    }
    return array;
}

static void describe_side(struct genesis *genesis, const struct model_class *class, bool class_side)
{
    const struct model_side *side = &class->sides[class_side];
    if (side->used.count == 0 && side->users.count == 0)
        return;
    oop state = genesis_instance(genesis, "TraitState");
    genesis_set(genesis, state, "TraitState", "composition",
                composition_object(genesis, side->traits));
    genesis_set(genesis, state, "TraitState", "slotNames", slot_name_array(genesis, side));
    genesis_set(genesis, state, "TraitState", "users", user_array(genesis, &side->users));
    genesis_set(genesis, side_object(genesis, class, class_side),
                class_side ? "Metaclass" : "Class", "traitState", state);
}

/* The property that the image gives the methods it copies: #traitOrigins -> an Array of the trait's method. */
static void note_origin(struct genesis *genesis, const struct tonel_method *method)
{
    oop copy = genesis->methods[method->number];
    oop origin = genesis->methods[method->origin->number];
    if (oop_is_none(copy) || oop_is_none(origin))
        return;
    oop state = object_slot(copy, code_literal_count(copy) - 1);
    oop origins = maker_array(&genesis->maker, 1);
    maker_store(&genesis->maker, origins, 0, origin);
    oop key = genesis_symbol(genesis, text_from("traitOrigins"));
    maker_store(&genesis->maker, state, object_slot_count(state) - 1,
                genesis_association(genesis, key, origins));
}

static void note_origins(struct genesis *genesis, const struct list *methods)
{
    for (size_t i = 0; i < methods->count && !genesis->maker.failed; i++) {
        const struct tonel_method *method = methods->items[i];
        if (method->origin != NULL)
            note_origin(genesis, method);
    }
}

void genesis_describe_traits(struct genesis *genesis)
{
    for (size_t i = 0; i < genesis->model->classes.count && !genesis->maker.failed; i++) {
        const struct model_class *class = genesis->model->classes.items[i];
        describe_side(genesis, class, false);
        describe_side(genesis, class, true);
        note_origins(genesis, &class->methods);
        note_origins(genesis, &class->class_methods);
    }
}
