"""The fields of a supplier whose value is chosen among its listings."""

from directory.records import SupplierField
from schema.enums import publish

__all__ = ["SupplierField"]

publish(
    SupplierField,
    "A field of a supplier whose value is chosen among its listings.",
    {
        SupplierField.NAME: "The name.",
        SupplierField.SIREN: "The SIREN.",
        SupplierField.DESCRIPTION: "The presentation.",
        SupplierField.ACTIVITIES: "The activities.",
        SupplierField.ADDRESS: "The seat's address.",
        SupplierField.LOCATION: "The seat's place on the map.",
        SupplierField.WEBSITE: "The web site.",
        SupplierField.EMAIL: "The e-mail address: for roles that may see contacts.",
        SupplierField.PHONE: "The telephone: for roles that may see contacts.",
        SupplierField.HEADCOUNT: "The number of employees.",
        SupplierField.LEGAL_FORM: "The legal form.",
        SupplierField.LABELS: "The labels.",
        SupplierField.SERVICE_AREA: "Where it says that it works.",
    },
)
