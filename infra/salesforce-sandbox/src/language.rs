//! Error messages in the language of the user: the sandbox's own sentences, in French.
//!
//! Codes and names of fields stay; the sentences are translations, not quotations from a French org.

use std::sync::LazyLock;

use regex::Regex;

/// The sentences in English and French; each `{}` stands for a text that stays, in the same order in both.
const SENTENCES: &[(&str, &str)] = &[
    // Sessions and requests
    ("Session expired or invalid", "La session a expiré ou n'est pas valide"),
    ("INVALID_HEADER_TYPE", "En-tête d'autorisation non valide"),
    (
        "API is not enabled for this Organization or User Type",
        "L'API n'est pas activée pour cette organisation ou ce type d'utilisateur",
    ),
    ("TotalRequests Limit exceeded.", "La limite du nombre total de requêtes a été dépassée."),
    ("The requested resource does not exist", "La ressource demandée n'existe pas"),
    ("HTTP Method '{}' not allowed. Allowed are {}", "La méthode HTTP '{}' n'est pas autorisée. Sont autorisées : {}"),
    ("API version {} is retired.", "La version {} de l'API a été retirée."),
    ("unsupported content type: {}", "type de contenu non pris en charge : {}"),
    (
        "The HTTP entity body is required, but this request has no entity body.",
        "Le corps d'entité HTTP est requis, mais cette requête n'en contient pas.",
    ),
    (
        "Cannot deserialize instance of {} from {} value {} or request may be missing a required field",
        "Impossible de désérialiser une instance de {} à partir de {}, valeur {}, ou un champ requis manque dans la \
         requête",
    ),
    // Records
    ("No such column '{}' on sobject of type {}", "Aucune colonne '{}' dans le sobject de type {}"),
    (
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
         read/write for your profile or permission set.",
        "Impossible de créer/mettre à jour les champs : {}. Vérifiez les paramètres de sécurité de ce champ et \
         assurez-vous qu'il est en lecture/écriture pour votre profil ou ensemble d'autorisations.",
    ),
    ("cannot specify Id in an insert call", "impossible de spécifier l'Id dans un appel d'insertion"),
    (
        "The {} field should not be specified in the sobject data.",
        "Le champ {} ne doit pas être spécifié dans les données du sobject.",
    ),
    ("Required fields are missing: [{}]", "Des champs obligatoires ne sont pas renseignés : [{}]"),
    (
        "duplicate value found: {} duplicates value on record with id: {}",
        "valeur en double trouvée : {} duplique la valeur de l'enregistrement avec l'ID : {}",
    ),
    ("{}: data value too large: {} (max length={})", "{} : valeur de données trop grande : {} (longueur maximale={})"),
    (
        "{}: bad value for restricted picklist field: {}",
        "{} : valeur incorrecte pour le champ de liste de sélection restreinte : {}",
    ),
    ("{}: invalid email address: {}", "{} : adresse e-mail non valide : {}"),
    (
        "{}: value outside of valid range on numeric field: {}",
        "{} : valeur en dehors de la plage valide pour un champ numérique : {}",
    ),
    ("{}: id value of incorrect type: {}", "{} : valeur d'ID de type incorrect : {}"),
    ("id value of incorrect type: {}", "valeur d'ID de type incorrect : {}"),
    ("invalid cross reference id", "ID de référence croisée non valide"),
    (
        "insufficient access rights on cross-reference id: {}",
        "droits d'accès insuffisants sur l'ID de référence croisée : {}",
    ),
    ("insufficient access rights on object id", "droits d'accès insuffisants sur l'ID d'objet"),
    ("entity is deleted", "l'entité est supprimée"),
    ("entity type cannot be inserted: {}", "ce type d'entité ne peut pas être inséré : {}"),
    ("cannot reference converted lead", "impossible de référencer une piste convertie"),
    ("cannot update converted lead", "impossible de mettre à jour une piste convertie"),
    (
        "operation performed with inactive user [{}] as owner of {}",
        "opération effectuée avec l'utilisateur inactif [{}] comme propriétaire de {}",
    ),
    ("field integrity exception: {}", "exception d'intégrité de champ : {}"),
    (
        "Account: bad field names on insert/update call: {}",
        "Account : noms de champ incorrects dans l'appel d'insertion/mise à jour : {}",
    ),
    ("record type missing for: {}", "type d'enregistrement manquant pour : {}"),
    (
        "Record Type ID: this ID value isn't valid for the user: {}",
        "ID du type d'enregistrement : cette valeur d'ID n'est pas valide pour l'utilisateur : {}",
    ),
    ("Use one of these records?", "Utiliser l'un de ces enregistrements ?"),
    (
        "You're creating a duplicate record. We recommend you use an existing record instead.",
        "Vous créez un enregistrement dupliqué. Nous vous recommandons d'utiliser un enregistrement existant.",
    ),
    (
        "unable to obtain exclusive access to this record or {} records: {}",
        "impossible d'obtenir un accès exclusif à cet enregistrement ou à {} enregistrements : {}",
    ),
    (
        "Updates can't be made during maintenance. Try again when maintenance is complete.",
        "Les mises à jour sont impossibles pendant la maintenance. Réessayez lorsqu'elle sera terminée.",
    ),
    (
        "{}Trigger: System.LimitException: Too many SOQL queries: {}",
        "{}Trigger : System.LimitException: Trop de requêtes SOQL : {}",
    ),
    // External ids, collections, composites
    (
        "Provided external ID field does not exist or is not accessible: {}",
        "Le champ ID externe fourni n'existe pas ou n'est pas accessible : {}",
    ),
    ("Duplicate external id specified: {}", "ID externe en double spécifié : {}"),
    (
        "{}: more than one record found for external id field: [{}]",
        "{} : plusieurs enregistrements trouvés pour le champ ID externe : [{}]",
    ),
    ("{} not specified in an update call", "{} non spécifié dans un appel de mise à jour"),
    ("{} not specified", "{} non spécifié"),
    ("all records must be of type {}", "tous les enregistrements doivent être de type {}"),
    (
        "record limit reached. cannot submit more than {} records into this call",
        "limite d'enregistrements atteinte. impossible de soumettre plus de {} enregistrements dans cet appel",
    ),
    (
        "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking.",
        "Impossible d'avoir plus de 10 blocs dans une même opération. Réorganisez les données pour en réduire le \
         nombre.",
    ),
    (
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
        "Enregistrement annulé, car tous les enregistrements n'étaient pas valides et la requête utilisait l'en-tête \
         AllOrNone",
    ),
    (
        "The transaction was rolled back since another operation in the same transaction failed.",
        "La transaction a été annulée, car une autre opération de la même transaction a échoué.",
    ),
    (
        "Invalid reference specified. No value for {} found in {}. {}",
        "Référence spécifiée non valide. Aucune valeur pour {} trouvée dans {}.",
    ),
    // Queries and searches
    (
        "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' \
         after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
        "Aucune colonne '{}' dans l'entité '{}'. Si vous tentez d'utiliser un champ personnalisé, ajoutez '__c' après \
         son nom. Reportez-vous à votre WSDL ou à l'appel describe pour les noms appropriés.",
    ),
    (
        "Didn't understand relationship '{}' in field path. If you are attempting to use a custom relationship, be \
         sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call \
         for the appropriate names.",
        "Relation '{}' non comprise dans le chemin du champ. Si vous tentez d'utiliser une relation personnalisée, \
         ajoutez '__r' après son nom. Reportez-vous à votre WSDL ou à l'appel describe pour les noms appropriés.",
    ),
    (
        "Didn't understand relationship '{}' in FROM part of query call.",
        "Relation '{}' non comprise dans la partie FROM de l'appel de requête.",
    ),
    (
        "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' \
         after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
        "Le type de sObject '{}' n'est pas pris en charge. Si vous tentez d'utiliser un objet personnalisé, ajoutez \
         '__c' après le nom de l'entité. Reportez-vous à votre WSDL ou à l'appel describe pour les noms appropriés.",
    ),
    ("sObject type '{}' is not supported.", "Le type de sObject '{}' n'est pas pris en charge."),
    (
        "field '{}' can not be filtered in a query call",
        "le champ '{}' ne peut pas être filtré dans un appel de requête",
    ),
    ("field '{}' can not be sorted in a query call", "le champ '{}' ne peut pas être trié dans un appel de requête"),
    (
        "value of filter criterion for field '{}' must be of type {} and should be enclosed in quotes",
        "la valeur du critère de filtre pour le champ '{}' doit être de type {} et entre guillemets",
    ),
    (
        "value of filter criterion for field '{}' must be of type {} and should not be enclosed in quotes",
        "la valeur du critère de filtre pour le champ '{}' doit être de type {} et sans guillemets",
    ),
    ("invalid ID field: {}", "champ ID non valide : {}"),
    ("invalid operator on this field", "opérateur non valide pour ce champ"),
    ("invalid query locator", "localisateur de requête non valide"),
    ("Your query request was running for too long.", "L'exécution de votre requête a été trop longue."),
    ("A query string has to be specified", "Une chaîne de requête doit être spécifiée"),
    ("A search string has to be specified", "Une chaîne de recherche doit être spécifiée"),
    ("unexpected token: {}", "jeton inattendu : {}"),
    ("Malformed search token: {}", "jeton de recherche mal formé : {}"),
    ("unexpected end of string", "fin de chaîne inattendue"),
    ("Illegal escape sequence: {}", "Séquence d'échappement interdite : {}"),
    ("search term must be longer than one character", "le terme recherché doit comporter plus d'un caractère"),
    (
        "SOQL statements cannot be longer than {} characters.",
        "Les instructions SOQL ne peuvent pas dépasser {} caractères.",
    ),
    (
        "string literals cannot be longer than {} characters",
        "les littéraux de chaîne ne peuvent pas dépasser {} caractères",
    ),
];

/// What precedes the sentence of a syntax error, after the text and its caret.
const SYNTAX: (&str, &str) = ("\nERROR at Row:1:Column:", "\nERREUR à Ligne:1:Colonne:");

static PATTERNS: LazyLock<Vec<(Regex, &str)>> =
    LazyLock::new(|| SENTENCES.iter().map(|(english, french)| (pattern(english), *french)).collect());

fn pattern(english: &str) -> Regex {
    let parts: Vec<String> = english.split("{}").map(regex::escape).collect();
    Regex::new(&format!("(?s)^{}$", parts.join("(.*?)"))).expect("escaped text is a pattern")
}

/// An error message in French; one that has no translation says only which error it is.
pub fn french(code: &str, message: &str) -> String {
    if let Some((quoted, rest)) = message.split_once(SYNTAX.0)
        && let Some((column, sentence)) = rest.split_once('\n')
    {
        return format!("{quoted}{}{column}\n{}", SYNTAX.1, french(code, sentence));
    }
    translated(message).unwrap_or_else(|| format!("Une erreur est survenue : {code}"))
}

fn translated(message: &str) -> Option<String> {
    PATTERNS.iter().find_map(|(pattern, french)| {
        let captures = pattern.captures(message)?;
        let values = captures.iter().skip(1).flatten().map(|value| value.as_str());
        let mut pieces = french.split("{}");
        let first = pieces.next().unwrap_or_default().to_owned();
        Some(pieces.zip(values).fold(first, |text, (piece, value)| text + value + piece))
    })
}

#[cfg(test)]
mod tests {
    use super::{SENTENCES, french};

    #[track_caller]
    fn check(english: &str, expect: &str) {
        assert_eq!(french("SOME_CODE", english), expect);
    }

    #[test]
    fn names_and_values_stay() {
        check(
            "Required fields are missing: [LastName, Company]",
            "Des champs obligatoires ne sont pas renseignés : [LastName, Company]",
        );
        check(
            "Subject: data value too large: a\n(max: b (max length=255)",
            "Subject : valeur de données trop grande : a\n(max: b (longueur maximale=255)",
        );
        check("Id not specified in an update call", "Id non spécifié dans un appel de mise à jour");
        check("sObject type 'Nope' is not supported.", "Le type de sObject 'Nope' n'est pas pris en charge.");
    }

    #[test]
    fn a_syntax_error_keeps_the_text_it_quotes() {
        check(
            "\nSELECT Id Contact\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'Contact'",
            "\nSELECT Id Contact\n          ^\nERREUR à Ligne:1:Colonne:11\njeton inattendu : 'Contact'",
        );
    }

    #[test]
    fn an_unknown_sentence_is_replaced_by_its_code() {
        check("The nodes of a graph refer to each other in a circle", "Une erreur est survenue : SOME_CODE");
    }

    #[test]
    fn every_sentence_is_translated_by_its_own_translation() {
        for (english, expect) in SENTENCES {
            // A trailing explanation may be left out.
            let own = english.replace("{}", "x");
            check(&own, &expect.replace("{}", "x"));
        }
    }
}
