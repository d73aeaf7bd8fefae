// A partner site's list of suppliers, as an application with Relay would have it: pages that go on (`@connection`),
// and fragments that are fetched again by themselves (`@refetchable`), of the root and of one supplier.
import { graphql, useFragment, useLazyLoadQuery, usePaginationFragment, useRefetchableFragment } from "react-relay";

export function usePage(variables) {
  return useLazyLoadQuery(
    graphql`
      query appPageQuery($need: String!, $where: SupplierWhere, $count: Int = 20, $cursor: String) {
        ...app_suppliers @arguments(need: $need, where: $where, count: $count, cursor: $cursor)
      }
    `,
    variables,
  );
}

export function useSuppliers(page) {
  return usePaginationFragment(
    graphql`
      fragment app_suppliers on Query
      @argumentDefinitions(
        need: { type: "String!" }
        where: { type: "SupplierWhere" }
        count: { type: "Int", defaultValue: 20 }
        cursor: { type: "String" }
      )
      @refetchable(queryName: "appSuppliersPaginationQuery") {
        suppliers(query: $need, where: $where, first: $count, after: $cursor) @connection(key: "app_suppliers") {
          totalCount
          edges {
            distanceKm
            node {
              id
              ...app_supplier
            }
          }
        }
      }
    `,
    page,
  );
}

export function useSupplier(supplier) {
  return useRefetchableFragment(
    graphql`
      fragment app_supplier on Supplier @refetchable(queryName: "appSupplierRefetchQuery") {
        name
        siren
        headOffice {
          address {
            commune
          }
        }
        ...app_establishments
      }
    `,
    supplier,
  );
}

export function useEstablishments(supplier) {
  return usePaginationFragment(
    graphql`
      fragment app_establishments on Supplier
      @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" })
      @refetchable(queryName: "appEstablishmentsPaginationQuery") {
        establishments(first: $count, after: $cursor) @connection(key: "app_establishments") {
          edges {
            node {
              siret
              ...app_establishment
            }
          }
        }
      }
    `,
    supplier,
  );
}

export function useEstablishment(establishment) {
  return useFragment(
    graphql`
      fragment app_establishment on Establishment {
        name
        isHeadOffice
      }
    `,
    establishment,
  );
}
