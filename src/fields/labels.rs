/// What a field is called on pages, by its name in forms and tables.
#[must_use]
pub fn label(field: &str) -> &'static str {
    match field {
        "name" => "Name",
        "code" => "Code",
        "address" => "Address",
        "city" => "City",
        "region" => "Region",
        "postal_code" => "Postal code",
        "country" => "Country",
        "notes" => "Notes",
        "store" | "store_id" => "Store",
        "sku" => "SKU",
        "barcode" => "Barcode",
        "description" => "Description",
        "price" | "price_minor" => "Price",
        "quantity" => "Quantity",
        "tags" => "Tags",
        "add_tags" => "Add tags",
        "email" => "E-mail address",
        "password" => "Password",
        "new_password" => "The new password",
        "role" => "Role",
        "reach" => "Where",
        "stores" => "Stores",
        "label" => "Whom it is for",
        "days" => "How long it is good for",
        _ => "Field",
    }
}
