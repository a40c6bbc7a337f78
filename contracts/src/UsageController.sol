// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IRevenueLedger} from "./interfaces/IRevenueLedger.sol";
import {Challenges} from "./usage/Challenges.sol";
import {Claims} from "./usage/Claims.sol";
import {Sessions} from "./usage/Sessions.sol";
import {Stewardship} from "./usage/Stewardship.sol";
import {UsageBase} from "./usage/UsageBase.sol";
import {Withdrawals} from "./usage/Withdrawals.sol";

/// @title Balances, sessions, channels, claims: how inference is paid
/// @notice The contracts name each other for ever, so their addresses are computed before the first is deployed, and this one,
/// deployed last, checks that they do. Order by the deployer's nonce: ModelNFT, RevenueLedger, ModelRegistry, ProviderRegistry,
/// UsageController.
contract UsageController is Sessions, Claims, Challenges, Withdrawals {
    constructor(
        address usdc_,
        address registry_,
        address ledger_,
        address providers_,
        address owner_,
        address treasury_,
        uint16 feeBps_,
        uint32 window_
    )
        EIP712("DeHug Usage", "1")
        UsageBase(usdc_, registry_, ledger_, providers_)
        Stewardship(owner_, treasury_, feeBps_, window_)
    {
        _requireLedgerWiring(IRevenueLedger(ledger_), IModelRegistry(registry_));
        IProviderRegistry p = IProviderRegistry(providers_);
        if (p.controller() != address(this) || p.usdc() != usdc_) revert WrongWiring(providers_);
    }

    function _requireLedgerWiring(IRevenueLedger l, IModelRegistry r) private view {
        if (l.controller() != address(this) || l.registry() != address(r)) revert WrongWiring(address(l));
        if (l.usdc() != usdc) revert WrongWiring(address(l));
        if (r.ledger() != address(l) || r.nft() != l.nft()) revert WrongWiring(address(r));
    }
}
