// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INonces} from "./INonces.sol";

/// @title Who serves models, where, and what they put at stake
/// @notice EIP-712 domain "DeHug Providers", "1". A provider is the address that signs receipts and claims.
interface IProviderRegistry is INonces {
    /// @notice Announces or changes a provider's address on the web.
    struct Register {
        address provider;
        string url;
        uint64 nonce;
        uint64 deadline;
    }

    /// @notice Asks for `amount` of the stake back.
    struct Unbond {
        address provider;
        uint256 amount;
        uint64 nonce;
        uint64 deadline;
    }

    /// @notice A provider now. `unbonding` can be paid out from `releaseAt` on and is slashable until it is paid.
    /// `nonce` is the lowest acceptable nonce of the next Register.
    struct Provider {
        string url;
        uint256 stake;
        uint256 unbonding;
        uint64 releaseAt;
        uint64 nonce;
    }

    /// @notice A provider serves at `url`.
    event ProviderRegistered(address indexed provider, string url);

    /// @notice Stake was added.
    event Staked(address indexed provider, uint256 amount, uint256 stake);

    /// @notice Stake was asked back.
    event UnbondRequested(address indexed provider, uint256 amount, uint64 releaseAt);

    /// @notice Stake was paid back.
    event Unbonded(address indexed provider, uint256 amount);

    /// @notice Stake was taken for contradictory signatures.
    event Slashed(address indexed provider, uint256 amount);

    /// @notice Only the UsageController may call this.
    error OnlyController(address caller);

    /// @notice A URL has 1 to 256 bytes.
    error BadUrl(uint256 length);

    /// @notice A later Register was applied already.
    error NonceTooLow(uint64 nonce, uint64 lowest);

    /// @notice The stake is smaller than the amount.
    error InsufficientStake(uint256 stake, uint256 amount);

    /// @notice Nothing is being unbonded, or not for long enough.
    error NotReleasable(uint64 releaseAt);

    /// @notice An amount must not be zero.
    error ZeroAmount();

    /// @notice Registers or changes a URL; nonces rise.
    function register(Register calldata r, bytes calldata signature) external;

    /// @notice Adds stake from the provider's USDC on its EIP-3009 signature (`to` is this contract).
    function stakeWithAuthorization(
        address provider,
        uint256 amount,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice Starts to unbond. A further request joins the first and restarts the delay for both.
    function unbond(Unbond calldata u, bytes calldata signature) external;

    /// @notice Pays unbonded stake to the provider. Anyone.
    function finishUnbond(address provider) external;

    /// @notice Takes up to `amount`, from the stake first and then from what unbonds, and sends it to the controller.
    function slash(address provider, uint256 amount) external returns (uint256 taken);

    /// @notice The provider now.
    function provider(address account) external view returns (Provider memory);

    /// @notice All stake and unbonding stake: the USDC this contract must hold.
    function totalStake() external view returns (uint256);

    /// @notice How long unbonding takes: longer than the longest close window, so that a challenge finds the stake.
    function UNBONDING_SECONDS() external view returns (uint64);

    /// @notice The controller that slashes.
    function controller() external view returns (address);

    /// @notice USDC.
    function usdc() external view returns (address);
}
