diesel::table! {
    bulk_edit_items (bulk_edit_id, item_id) {
        bulk_edit_id -> BigInt,
        item_id -> BigInt,
        version -> BigInt,
        verdict -> Nullable<Text>,
    }
}

diesel::table! {
    bulk_edits (id) {
        id -> BigInt,
        created_at -> Timestamp,
        who -> Text,
        list -> Text,
        filter -> Text,
        operation -> Text,
        state -> Text,
        matched -> BigInt,
        changed -> BigInt,
        unchanged -> BigInt,
        refused -> BigInt,
        reached -> BigInt,
        change_set_id -> Nullable<BigInt>,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    change_sets (id) {
        id -> BigInt,
        created_at -> Timestamp,
        who -> Text,
        source -> Text,
        title -> Text,
    }
}

diesel::table! {
    changes (id) {
        id -> BigInt,
        change_set_id -> BigInt,
        table_name -> Text,
        row_id -> BigInt,
        tag_id -> Nullable<BigInt>,
        operation -> Text,
        before -> Nullable<Text>,
    }
}

diesel::table! {
    form_tokens (token) {
        token -> Text,
        body_hash -> Text,
        location -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    idempotency_keys (key) {
        key -> Text,
        fingerprint -> Text,
        status -> Integer,
        body -> Text,
        location -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    item_tags (item_id, tag_id) {
        item_id -> BigInt,
        tag_id -> BigInt,
    }
}

diesel::table! {
    items (id) {
        id -> BigInt,
        store_id -> BigInt,
        name -> Text,
        name_key -> Text,
        sku -> Nullable<Text>,
        sku_key -> Nullable<Text>,
        barcode -> Text,
        description -> Text,
        price_minor -> BigInt,
        quantity -> BigInt,
        search_key -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    stores (id) {
        id -> BigInt,
        name -> Text,
        name_key -> Text,
        code -> Nullable<Text>,
        code_key -> Nullable<Text>,
        address -> Text,
        city -> Text,
        region -> Text,
        postal_code -> Text,
        country -> Text,
        notes -> Text,
        search_key -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tags (id) {
        id -> BigInt,
        store_id -> BigInt,
        name -> Text,
        name_key -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::joinable!(bulk_edit_items -> bulk_edits (bulk_edit_id));
diesel::joinable!(bulk_edits -> change_sets (change_set_id));
diesel::joinable!(changes -> change_sets (change_set_id));
diesel::joinable!(item_tags -> items (item_id));
diesel::joinable!(item_tags -> tags (tag_id));
diesel::joinable!(items -> stores (store_id));
diesel::joinable!(tags -> stores (store_id));
diesel::allow_tables_to_appear_in_same_query!(
    bulk_edit_items,
    bulk_edits,
    change_sets,
    changes,
    form_tokens,
    idempotency_keys,
    item_tags,
    items,
    stores,
    tags
);
